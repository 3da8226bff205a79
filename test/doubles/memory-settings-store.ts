import type { SettingsStore, TaskSettings, TaskSettingsPatch } from '../../functions/core/task-settings.ts';

export class MemorySettingsStore implements SettingsStore {
  readonly #settings = new Map<string, TaskSettings>();

  async get(type: string): Promise<TaskSettings> {
    return this.#settings.get(type) ?? {};
  }

  async changedTypes(): Promise<readonly string[]> {
    return [...this.#settings.keys()];
  }

  async change(type: string, patch: TaskSettingsPatch): Promise<TaskSettings> {
    const changed = Object.entries({ ...this.#settings.get(type), ...patch }).filter(([, value]) => value != null);
    const settings = Object.fromEntries(changed) as TaskSettings;
    this.#settings.set(type, settings);
    return settings;
  }
}
