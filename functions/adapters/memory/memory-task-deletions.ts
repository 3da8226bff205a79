import {
  type BegunDeletion,
  type TaskDeletions,
  type Tombstone,
  takenUp,
  tombstoneOf,
  withoutRemains,
} from '../../core/deletion/tombstone.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import { isFinished } from '../../core/task/task.ts';
import type { MemoryTaskStore } from './memory-task-store.ts';

/** Deletes tasks of a store in memory. */
export class MemoryTaskDeletions implements TaskDeletions {
  readonly #store: MemoryTaskStore;

  constructor(store: MemoryTaskStore) {
    this.#store = store;
  }

  async begin(tenantId: TenantId, id: TaskId, now: number): Promise<BegunDeletion> {
    const found = await this.#store.get(tenantId, id, now);
    if (found !== undefined && !isFinished(found)) return { result: 'refused', task: found };
    if (found !== undefined) return this.#bury(tombstoneOf(found, now));
    const { remains, ...tombstone } = this.#store.tombstoneOf({ tenantId, id }, now) ?? {};
    return remains === undefined
      ? { result: 'missing' }
      : this.#bury(takenUp({ ...(tombstone as Tombstone), remains }, now));
  }

  #bury(tombstone: Extract<BegunDeletion, { result: 'begun' }>['tombstone']): BegunDeletion {
    this.#store.bury(tombstone);
    return { result: 'begun', tombstone };
  }

  async finish(tombstone: Tombstone, now: number): Promise<void> {
    const { deletedAt } = this.#store.tombstoneOf(tombstone, now) ?? {};
    if (deletedAt === tombstone.deletedAt) this.#store.bury(withoutRemains(tombstone, now));
  }
}
