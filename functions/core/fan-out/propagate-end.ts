import { SWEEP_PERIOD_SECONDS } from '../../contract.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Clock, FanOuts, Log, ParentKey, TaskQueue, TaskStore } from '../ports.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import { taskError } from '../task/outcome.ts';
import { sendOrDefer } from '../task/send-or-defer.ts';
import { type CancelledTask, type FinishedTask, type ParentRef, subtaskIdsOf, type TaskError } from '../task/task.ts';

export type PropagateEndPorts = {
  readonly store: Pick<TaskStore, 'cancel'>;
  readonly fanOuts: FanOuts;
  readonly queue: TaskQueue;
  readonly clock: Clock;
  readonly log: Log;
};

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
    const ended = await mapConcurrently(open, PARALLEL, (id) => cancelSubtask(task.tenantId, id, ports));
    fannedOut.push(...ended.flatMap((one) => (one?.fanOut === undefined ? [] : one)));
  }
}

async function pendingSubtasks(task: FinishedTask, { fanOuts }: PropagateEndPorts): Promise<TaskId[]> {
  const { tenantId, id, fanOut } = task;
  if (fanOut === undefined) return [];
  const { pending = new Set() } = (await fanOuts.get({ tenantId, id, attempt: fanOut.attempt })) ?? {};
  return subtaskIdsOf(task).filter((_, place) => pending.has(place));
}

/** Cancels a subtask, and returns it if this has ended it: one that runs is ended by its executor. */
async function cancelSubtask(
  tenantId: TenantId,
  id: TaskId,
  ports: PropagateEndPorts,
): Promise<CancelledTask | undefined> {
  const cancel = await ports.store.cancel(tenantId, id, ports.clock());
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
  if (fanOut?.pending.size === 0) await resumeParent(parent, ports);
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

/** Queues a task whose subtasks have all ended; of several that try, one does. */
export async function resumeParent(parent: ParentKey, ports: PropagateEndPorts): Promise<void> {
  const resume = await ports.fanOuts.resume(parent, nextSweep(ports.clock()));
  if (resume.result === 'queued') await sendOrDefer(resume.task, 0, ports);
}

const nextSweep = (now: number): number => now + SWEEP_PERIOD_SECONDS * 1000;
