import type { TaskRevisions } from '../../core/lane/revision.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import type { MemoryTaskStore } from './memory-task-store.ts';

/** Changes tasks of a store in memory. */
export class MemoryTaskRevisions implements TaskRevisions {
  readonly #store: MemoryTaskStore;

  constructor(store: MemoryTaskStore) {
    this.#store = store;
  }

  async revise(task: TaskSeed, now: number): Promise<'revised' | 'lost'> {
    const found = await this.#store.get(task.tenantId, task.id, now);
    if (found === undefined) return this.#store.tombstoneOf(task, now) === undefined ? 'revised' : 'lost';
    const isAbandoned = found.status === 'running' && found.leaseExpiresAt <= now;
    const isFree = found.status === 'scheduled' || found.status === 'queued' || isAbandoned;
    if (!isFree || found.fingerprint !== task.fingerprint) return 'lost';
    this.#store.overwrite({ ...found, ...task });
    return 'revised';
  }
}
