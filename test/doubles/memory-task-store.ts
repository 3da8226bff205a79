import type { TaskId, TenantId } from '../../functions/core/ids.ts';
import type { ClaimResult, InsertResult, TaskStore } from '../../functions/core/ports.ts';
import {
  isFinished,
  type QueuedTask,
  queuedTask,
  type RunningTask,
  type Task,
  type TaskSeed,
} from '../../functions/core/task.ts';
import {
  claimability,
  claimed,
  isSettledBy,
  type Lease,
  type Settlement,
  settled,
} from '../../functions/core/transition.ts';

/** The task store in a map: the same contract as on DynamoDB, from the domain's own transitions. */
export class MemoryTaskStore implements TaskStore {
  readonly #rows = new Map<string, Task>();
  readonly #retentionMilliseconds: number;

  constructor({ retentionDays = 14 } = {}) {
    this.#retentionMilliseconds = retentionDays * 86_400_000;
  }

  async insert(task: QueuedTask): Promise<InsertResult> {
    const found = this.#rows.get(keyOf(task));
    if (found !== undefined) return { result: 'exists', task: found };
    this.#rows.set(keyOf(task), task);
    return { result: 'inserted' };
  }

  async claim(seed: TaskSeed, lease: Lease, now: number): Promise<ClaimResult> {
    const found = this.#rows.get(keyOf(seed)) ?? queuedTask(seed);
    if (found.status === 'running' && found.leaseToken === lease.token) return { result: 'claimed', task: found };
    const allowed = claimability(found, seed.fingerprint, now);
    if (allowed.result !== 'claimable') return allowed;
    const task = claimed(found as QueuedTask | RunningTask, lease, now);
    this.#rows.set(keyOf(seed), task);
    return { result: 'claimed', task };
  }

  async settle(task: RunningTask, settlement: Settlement): Promise<'settled' | 'lost'> {
    const found = this.#rows.get(keyOf(task));
    if (found?.status !== 'running' || found.leaseToken !== task.leaseToken) {
      return found !== undefined && isSettledBy(found, task.attempt, settlement) ? 'settled' : 'lost';
    }
    this.#rows.set(keyOf(task), settled(found, settlement));
    return 'settled';
  }

  async get(tenantId: TenantId, taskId: TaskId, now: number): Promise<Task | undefined> {
    const found = this.#rows.get(keyOf({ tenantId, id: taskId }));
    const expired = found !== undefined && isFinished(found) && found.finishedAt + this.#retentionMilliseconds <= now;
    return expired ? undefined : found;
  }
}

const keyOf = ({ tenantId, id }: { readonly tenantId: TenantId; readonly id: TaskId }): string => `${tenantId}#${id}`;
