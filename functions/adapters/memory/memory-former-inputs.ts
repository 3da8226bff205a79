import type { HistoryEntry } from '../../core/deletion/task-history.ts';
import { byAge, type FormerInput, type FormerInputs } from '../../core/fan-out/former-inputs.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import type { Task } from '../../core/task/task.ts';
import type { HistoryPart } from './memory-task-history.ts';

/** Keeps former inputs in a map. */
export class MemoryFormerInputs implements FormerInputs, HistoryPart {
  readonly #inputs = new Map<string, Map<string, FormerInput>>();

  async add(
    { tenantId, id, attempt, input }: Pick<Task, 'tenantId' | 'id' | 'attempt' | 'input'>,
    replacedAt: number,
  ): Promise<void> {
    const key = `${tenantId}#${id}`;
    const kept = this.#inputs.get(key) ?? new Map<string, FormerInput>();
    this.#inputs.set(key, kept.set(`input#${attempt}#${JSON.stringify(input)}`, { attempt, input, replacedAt }));
  }

  async list(tenantId: TenantId, id: TaskId): Promise<readonly FormerInput[]> {
    return [...(this.#inputs.get(`${tenantId}#${id}`)?.values() ?? [])].toSorted(byAge);
  }

  entries(tenantId: TenantId, id: TaskId): HistoryEntry[] {
    const kept = [...(this.#inputs.get(`${tenantId}#${id}`) ?? [])];
    return kept.map(([key, { input }]) => ('ref' in input ? { key, ref: input.ref } : { key }));
  }

  forget(tenantId: TenantId, id: TaskId, key: string): void {
    this.#inputs.get(`${tenantId}#${id}`)?.delete(key);
  }
}
