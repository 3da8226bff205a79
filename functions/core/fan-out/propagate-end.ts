import { mapConcurrently } from '../concurrency.ts';
import type { TaskStore } from '../ports.ts';
import { taskError } from '../task/outcome.ts';
import { nextSweep } from '../task/send-or-defer.ts';
import {
  type CancelledTask,
  type FinishedTask,
  isFinished,
  type ParentRef,
  subtaskIdsOf,
  type Task,
  type TaskError,
  type WaitingTask,
} from '../task/task.ts';
import type { ParentKey } from './fan-outs.ts';
import { parentKeyOf, resumeParent, type TakeOverPorts, takeOver } from './take-over.ts';

export type PropagateEndPorts = TakeOverPorts & { readonly store: Pick<TaskStore, 'cancel' | 'get' | 'retry'> };

/** So many subtasks are cancelled at a time, however deep their fan-outs are. */
const PARALLEL = 50;

/** The end of one task cancels no more subtasks than this, and those of the fan-out that takes it there. */
const CANCELLED_AT_ONCE = 1_000;

/**
 * Does what has to follow the end of a task: its subtasks end too, and its parent goes on when this was the last of its own.
 * Doing it again changes nothing. Whoever brings a task to its end does this; where it dies first, the task's message comes
 * again, or the sweeper finds the task due.
 */
export async function propagateEnd(task: FinishedTask, ports: PropagateEndPorts): Promise<void> {
  if (task.status !== 'succeeded') await cancelSubtasks(task, ports);
  if (task.parent !== undefined) await reportTo(task.parent, task, ports);
}

/**
 * Ends what a task was fanned out into, and what that was, one fan-out after the other from the top. Of a tree that is
 * larger than can be ended now, the sweeper ends the rest: each part that waited for parts of its own is due.
 */
async function cancelSubtasks(task: FinishedTask, ports: PropagateEndPorts): Promise<void> {
  const fannedOut: FinishedTask[] = [task];
  let asked = 0;
  for (let parent = fannedOut.shift(); parent !== undefined; parent = fannedOut.shift()) {
    if (asked >= CANCELLED_AT_ONCE) {
      ports.log('info', 'subtasks left to the sweeper to cancel', { task_id: task.id, fan_outs: fannedOut.length + 1 });
      return;
    }
    const open = await pendingSubtasks(parent, ports);
    asked += open.length;
    const ended = await mapConcurrently(open, PARALLEL, (one) => cancelSubtask(parent, one, ports));
    fannedOut.push(...ended.flatMap((one) => (one?.fanOut === undefined ? [] : one)));
  }
}

type Place = { readonly id: Task['id']; readonly index: number };

async function pendingSubtasks(task: FinishedTask, { fanOuts }: PropagateEndPorts): Promise<Place[]> {
  const { tenantId, id, fanOut } = task;
  if (fanOut === undefined) return [];
  const { pending = new Set() } = (await fanOuts.get({ tenantId, id, attempt: fanOut.attempt })) ?? {};
  return subtaskIdsOf(task).flatMap((subtask, index) => (pending.has(index) ? { id: subtask, index } : []));
}

/** Cancels a subtask, and returns it if this has ended it: one that runs is ended by its executor, and one taken over runs on. */
async function cancelSubtask(
  { tenantId, id, fanOut, parent }: FinishedTask,
  subtask: Place,
  ports: PropagateEndPorts,
): Promise<CancelledTask | undefined> {
  const of = { id, attempt: fanOut?.attempt ?? 0, index: subtask.index, depth: (parent?.depth ?? 0) + 1 };
  const cancel = await ports.store.cancel(tenantId, subtask.id, ports.clock(), of);
  return cancel.result === 'cancelled' ? cancel.task : undefined;
}

/**
 * Reports an end to the parent. A subtask that fails it stays pending: a parent with none left goes on, whoever strikes out
 * the last.
 */
async function reportTo(
  { id, attempt, index }: ParentRef,
  task: FinishedTask,
  ports: PropagateEndPorts,
): Promise<void> {
  const parent = { tenantId: task.tenantId, id, attempt };
  if (task.status !== 'succeeded') {
    const fanOut = await ports.fanOuts.get(parent);
    if (fanOut?.onFailure === 'fail') return failParent(parent, task, ports);
  }
  const fanOut = await ports.fanOuts.close(parent, index);
  if (fanOut === undefined) await reportLate(task, { id, attempt, index }, ports);
  else if (fanOut.pending.size === 0) await resumeParent(parent, ports);
}

/** Has the end of a subtask taken over that its parent was fanned out anew without: it was still ending then. */
async function reportLate(
  { tenantId, id }: FinishedTask,
  { id: parentId, attempt, index }: Omit<ParentRef, 'depth'>,
  ports: PropagateEndPorts,
): Promise<void> {
  const parent = await ports.store.get(tenantId, parentId, ports.clock());
  if (parent?.status !== 'waiting' || parent.fanOut.attempt <= attempt || subtaskIdsOf(parent)[index] !== id) return;
  const fanOut = await ports.fanOuts.get(parentKeyOf(parent));
  // Whoever reports may do so late: what the subtask is now decides.
  const task = await ports.store.get(tenantId, id, ports.clock());
  if (!fanOut?.pending.has(index) || task === undefined || !isFinished(task)) return;
  if (task.parent?.attempt !== attempt) return;
  await takeOver(parent, [task], ports);
  await endWithParent(parent, ports);
}

/** Ends the subtasks of a task that has ended while some of them were being made, or taken over. */
export async function endWithParent(parent: WaitingTask, ports: PropagateEndPorts): Promise<void> {
  const now = await ports.store.get(parent.tenantId, parent.id, ports.clock());
  if (now !== undefined && isFinished(now) && now.fanOut?.attempt === parent.fanOut.attempt) {
    await propagateEnd(now, ports);
  }
}

function failParent(
  parent: ParentKey,
  task: Exclude<FinishedTask, { status: 'succeeded' }>,
  ports: PropagateEndPorts,
): Promise<void> {
  const { code, message } = subtaskError(task);
  return failWaiting(parent, taskError('subtask_failed', `${task.type} ${task.id}: ${code}: ${message}`, false), ports);
}

/** Fails a task that waits for its subtasks, and ends those of them that have not ended. */
export async function failWaiting(parent: ParentKey, error: TaskError, ports: PropagateEndPorts): Promise<void> {
  const now = ports.clock();
  const failed = await ports.fanOuts.fail(parent, error, now, nextSweep(now));
  if (failed.result === 'lost') return;
  await propagateEnd(failed.task, ports);
}

/** Says why a subtask has no output. */
export const subtaskError = (
  task: Exclude<FinishedTask, { status: 'succeeded' }>,
): Pick<TaskError, 'code' | 'message'> =>
  task.status === 'failed' ? task.error : { code: 'cancelled', message: 'the subtask was cancelled' };
