import { type PropagateEndPorts, propagateEnd } from '../fan-out/propagate-end.ts';
import type { TaskStore } from '../ports.ts';
import { newTask, type TaskSeed } from '../task/task.ts';
import { canHaveEnded, settled } from '../task/transition.ts';

export type GiveUpPorts = PropagateEndPorts & {
  readonly store: Pick<TaskStore, 'cancel' | 'get' | 'insert' | 'settle'>;
};

/**
 * Cancels a task whose message is to run nothing any more, so that it ends, and says whether this has ended it or will. One without a
 * row gets one. One whose executor died has nobody else to end it; one that runs is asked to end.
 */
export async function giveUp(seed: TaskSeed, ports: GiveUpPorts): Promise<boolean> {
  const { store, clock } = ports;
  const { tenantId, id } = seed;
  const now = clock();
  if (!canHaveEnded(seed, now) && (await store.get(tenantId, id, now)) === undefined) await store.insert(newTask(seed));
  const cancel = await store.cancel(tenantId, id, now);
  if (cancel.result === 'cancelled') await propagateEnd(cancel.task, ports);
  if (cancel.result !== 'requested') return cancel.result === 'cancelled';
  if (cancel.task.leaseExpiresAt > now) return true;
  const end = { status: 'cancelled', finishedAt: now } as const;
  if ((await store.settle(cancel.task, end)) !== 'settled') return true;
  const ended = settled(cancel.task, end);
  if (ended.status === 'cancelled') await propagateEnd(ended, ports);
  return true;
}
