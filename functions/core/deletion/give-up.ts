import { type PropagateEndPorts, propagateEnd } from '../fan-out/propagate-end.ts';
import type { CancelResult, Clock, TaskStore } from '../ports.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import { newTask, type TaskSeed } from '../task/task.ts';
import { canHaveEnded, settled } from '../task/transition.ts';

export type EndPorts = { readonly store: Pick<TaskStore, 'cancel' | 'settle'>; readonly clock: Clock };

/** Cancels a task, as `TaskStore.cancel` does. One whose executor died has nobody else to end it: it ends now. */
export async function cancelOrEnd(tenantId: TenantId, id: TaskId, { store, clock }: EndPorts): Promise<CancelResult> {
  const now = clock();
  const cancel = await store.cancel(tenantId, id, now);
  if (cancel.result !== 'requested' || cancel.task.leaseExpiresAt > now) return cancel;
  const end = { status: 'cancelled', finishedAt: now } as const;
  if ((await store.settle(cancel.task, end)) !== 'settled') return cancel;
  const task = settled(cancel.task, end);
  return task.status === 'cancelled' ? { result: 'cancelled', task } : cancel;
}

export type GiveUpPorts = PropagateEndPorts & EndPorts & { readonly store: Pick<TaskStore, 'get' | 'insert'> };

/**
 * Cancels a task whose message is to run nothing any more, so that it ends, and says whether this has ended it or will. One without a
 * row gets one. One that runs is asked to end.
 */
export async function giveUp(seed: TaskSeed, ports: GiveUpPorts): Promise<boolean> {
  const { store, clock } = ports;
  const { tenantId, id } = seed;
  const now = clock();
  if (!canHaveEnded(seed, now) && (await store.get(tenantId, id, now)) === undefined) await store.insert(newTask(seed));
  const cancel = await cancelOrEnd(tenantId, id, ports);
  if (cancel.result === 'cancelled') await propagateEnd(cancel.task, ports);
  return cancel.result === 'cancelled' || cancel.result === 'requested';
}
