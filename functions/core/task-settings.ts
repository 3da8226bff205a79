import type { Priority } from '../contract.ts';
import type { TaskCatalog, TaskDefinition } from './define-task.ts';

/** What can be changed of a task type without a deploy; what is missing is as the type defines it. */
export type TaskSettings = {
  /** Where it is true, tasks are accepted, and none of them starts. */
  readonly paused?: boolean;
  readonly priority?: Priority;
  readonly timeoutSeconds?: number;
  readonly maxAttempts?: number;
  /** When its tasks could last start again after a pause, in milliseconds since the epoch. Nobody sets it by itself. */
  readonly resumedAt?: number;
};

/** `null` puts a setting back to what the type defines. */
export type TaskSettingsPatch = { readonly [Name in keyof TaskSettings]?: TaskSettings[Name] | null | undefined };

/** Returns what to write of a patch that comes at `now`: one that ends a pause says when it did. */
export const patchAt = (patch: TaskSettingsPatch, now: number): TaskSettingsPatch =>
  patch.paused === false || patch.paused === null ? { ...patch, resumedAt: now } : patch;

/** Returns what a submit takes from its type where it says nothing itself. */
export const effective = (definition: TaskDefinition, settings: TaskSettings) => ({
  paused: settings.paused ?? false,
  priority: settings.priority ?? definition.priority,
  timeoutSeconds: settings.timeoutSeconds ?? definition.timeoutSeconds,
  maxAttempts: settings.maxAttempts ?? definition.retry.maxAttempts,
});

/**
 * Says whether tasks of a type are to wait. Those of a type that the deployment does not have would wait for ever, so they
 * are not.
 */
export const isPaused = (type: string, { paused = false }: TaskSettings, catalog: TaskCatalog): boolean =>
  paused && Object.hasOwn(catalog, type);

/** The settings of task types, the same for all tenants. */
export interface SettingsStore {
  /**
   * Returns settings at most `DEFINITION_EFFECT_SECONDS` old, or with what was changed before `since` (milliseconds since the
   * epoch). Never throws: where they cannot be read, the last ones known hold.
   */
  get(type: string, since?: number): Promise<TaskSettings>;
  /** Returns the types of which something was ever changed, also those that the deployment has no more. Never throws. */
  changedTypes(): Promise<readonly string[]>;
  /** Changes what the patch names, and returns all settings of the type. */
  change(type: string, patch: TaskSettingsPatch): Promise<TaskSettings>;
}
