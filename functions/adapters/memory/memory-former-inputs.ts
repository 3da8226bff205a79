import type { FormerInput, FormerInputs } from '../../core/fan-out/former-inputs.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import type { Task } from '../../core/task/task.ts';

/** Keeps former inputs in a map. */
export class MemoryFormerInputs implements FormerInputs {
  readonly #inputs = new Map<string, Map<number, FormerInput>>();

  async add(
    { tenantId, id, attempt, input }: Pick<Task, 'tenantId' | 'id' | 'attempt' | 'input'>,
    replacedAt: number,
  ): Promise<void> {
    const key = `${tenantId}#${id}`;
    const kept = this.#inputs.get(key) ?? new Map<number, FormerInput>();
    this.#inputs.set(key, kept.set(attempt, { attempt, input, replacedAt }));
  }

  async list(tenantId: TenantId, id: TaskId): Promise<readonly FormerInput[]> {
    const kept = this.#inputs.get(`${tenantId}#${id}`)?.values() ?? [];
    return [...kept].toSorted((one, other) => one.attempt - other.attempt);
  }
}
