import type { TaskStore } from '../../functions/core/ports.ts';
import type { LeaseToken } from '../../functions/core/task/ids.ts';
import { newTask, type RunningTask, type Task, type TaskSeed } from '../../functions/core/task/task.ts';
import type { Lease } from '../../functions/core/task/transition.ts';
import { taskSeed } from './task-seed.ts';

/** The tests of stores take place at this time: TTL takes the rows of any that is past. */
export const NOW = Date.UTC(2036, 5, 1);
export const DAY = 86_400_000;
export const error = { code: 'boom', message: 'it went wrong', retryable: true };
export const failure = { status: 'failed', error, finishedAt: NOW } as const;

/** The first attempt has fanned such a task out into two parts. */
const fannedOut = { status: 'waiting', fanOut: { attempt: 1, count: 2 }, reconcileAt: NOW + 900_000 } as const;

let leases = 0;
export const lease = (expiresAt = NOW + 25_000): Lease => ({ token: `lease-${++leases}` as LeaseToken, expiresAt });

/** Brings tasks of a store to where a test begins. */
export function storeDriver(store: TaskStore) {
  const claim = async (seed: TaskSeed, now = NOW, held = lease()): Promise<RunningTask> => {
    const result = await store.claim(seed, held, now);
    if (result.result !== 'claimed') throw new Error(`the claim was refused: ${result.result}`);
    return result.task;
  };
  const read = (seed: TaskSeed, now = NOW): Promise<Task | undefined> => store.get(seed.tenantId, seed.id, now);
  /** Makes a task that is so. */
  const taskThatIs = async (status: Task['status'], more: Partial<TaskSeed> = {}): Promise<TaskSeed> => {
    const seed = taskSeed({ createdAt: NOW, ...(status === 'scheduled' ? { runAt: NOW + 5000 } : {}), ...more });
    await store.insert(newTask(seed));
    if (status === 'scheduled' || status === 'queued') return seed;
    if (status === 'cancelled') await store.cancel(seed.tenantId, seed.id, NOW);
    else if (status === 'running') await claim(seed);
    else if (status === 'waiting') await store.settle(await claim(seed), fannedOut);
    else if (status === 'failed') await store.settle(await claim(seed), failure);
    else await store.settle(await claim(seed), { status, output: { inline: 1 }, finishedAt: NOW });
    return seed;
  };
  return { claim, read, taskThatIs };
}
