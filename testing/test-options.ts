import { INVOCATION_MARGIN_SECONDS, LONGEST_INVOCATION_SECONDS } from '../functions/contract.ts';
import type { TaskDefinition } from '../functions/core/define-task.ts';
import { type JsonValue, jsonValueOf } from '../functions/core/json.ts';
import { executorKeyFor } from '../functions/core/lane/routing.ts';
import { parseScheduleId } from '../functions/core/schedule/schedule.ts';
import { type LeaseToken, parseTenantId, taskIdOf } from '../functions/core/task/ids.ts';
import { newTask, type RunningTask, type TaskSeed } from '../functions/core/task/task.ts';
import { claimed } from '../functions/core/task/transition.ts';
import {
  type DeployedClasses,
  deployedClassOf,
  RESOURCE_CLASS_SPECS,
  USUAL_SETTINGS,
} from '../functions/resource-classes.ts';
import type { AnswerRequest } from './test-http.ts';

/** How a task is run in a test; what is not given is as its definition says. */
export type TestOptions = {
  /** Which attempt is made; the first, unless given. */
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly timeoutSeconds?: number;
  /** Whose task it is; `test`, unless given. */
  readonly tenantId?: string;
  /** The firing of a schedule that it runs for, as `ctx.schedule` tells it; `time` is ISO 8601. */
  readonly schedule?: { readonly id?: string; readonly time: string };
  /** Answers the requests of the handler, or names the hosts that it may really call, such as `127.0.0.1`. */
  readonly http?: AnswerRequest | string;
  /** What `ctx.secret` gives, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Cancels the task when it aborts, as `POST /api/tasks/{id}/cancel` does. */
  readonly signal?: AbortSignal;
  /** The definitions of the types that it fans out into, beside its own. */
  readonly tasks?: readonly TaskDefinition[];
};

/** How a task, or an attempt at one, has ended. */
export type TestError = { readonly code: string; readonly message: string; readonly retryable: boolean };

/** Of a class that a deployment adds, only its app knows the settings: here an attempt may take as long as any could. */
const ADDED_CLASS = deployedClassOf({
  ...USUAL_SETTINGS,
  timeoutSeconds: LONGEST_INVOCATION_SECONDS - INVOCATION_MARGIN_SECONDS,
});

const STANDARD_CLASSES: DeployedClasses = RESOURCE_CLASS_SPECS;

/** Returns the classes that types ask for. */
export const classesOf = (definitions: readonly TaskDefinition[]): DeployedClasses =>
  Object.fromEntries(definitions.map(({ resources }) => [resources, STANDARD_CLASSES[resources] ?? ADDED_CLASS]));

/** A firing of no schedule in particular. */
const SOME_SCHEDULE = `${'0'.repeat(26)}-0`;

const LEASE_MILLISECONDS = 3_600_000;
let made = 0;

/** Makes a task as a submit would. Throws what a submit would refuse: an input that is no JSON, or no tenant's name. */
export function seedOf(definition: TaskDefinition, input: unknown, options: TestOptions, now: number): TaskSeed {
  const tenantId = parseTenantId(options.tenantId ?? 'test');
  if (tenantId === undefined) throw new TypeError(`${options.tenantId} is no name of a tenant`);
  const { type, resources: resourceClass, priority, retry, timeoutSeconds } = definition;
  return {
    id: taskIdOf(String(++made).padStart(26, '0'), 0),
    tenantId,
    type,
    resourceClass,
    priority,
    executorKey: executorKeyFor(definition, { tenantId, priority }, classesOf([definition])),
    maxAttempts: options.maxAttempts ?? retry.maxAttempts,
    timeoutSeconds: options.timeoutSeconds ?? timeoutSeconds,
    input: { inline: jsonValueOf(input) },
    fingerprint: '-',
    createdAt: now,
    ...firingOf(options),
  };
}

/** Reads the firing of the options. Throws `TypeError` where it is none. */
function firingOf({ schedule }: TestOptions): Pick<TaskSeed, 'schedule'> {
  if (schedule === undefined) return {};
  const id = parseScheduleId(schedule.id ?? SOME_SCHEDULE);
  const time = Date.parse(schedule.time);
  if (id === undefined || Number.isNaN(time))
    throw new TypeError(`${JSON.stringify(schedule)} is no firing of a schedule`);
  return { schedule: { id, time } };
}

/** Makes a task whose attempt is about to begin. */
export function runningTask(definition: TaskDefinition, input: unknown, options: TestOptions): RunningTask {
  const now = Date.now();
  const seed = seedOf(definition, input, options, now);
  const lease = { token: 'test' as LeaseToken, expiresAt: now + LEASE_MILLISECONDS };
  return { ...claimed(newTask(seed), lease, now), attempt: options.attempt ?? 1 };
}

/** Returns the input of a task of a test. */
export const inputOf = ({ input }: TaskSeed): JsonValue => ('inline' in input ? input.inline : null);
