import { SWEEP_PERIOD_SECONDS } from '../contract.ts';
import { inParallel } from './in-parallel.ts';
import { taskError } from './outcome.ts';
import type { Clock, FanOuts, Log, Meter, ParentKey, TaskQueue, TaskStore } from './ports.ts';
import { sentOrLeft } from './sent-or-left.ts';
import { type FinishedTask, type ParentRef, subtaskIdsOf, type TaskError } from './task.ts';

export type FollowUpPorts = {
  readonly store: Pick<TaskStore, 'cancel'>;
  readonly fanOuts: FanOuts;
  readonly queue: TaskQueue;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
};

/** Subtasks that are cancelled at a time. */
const PARALLEL = 50;

/**
 * What has to follow the end of a task: its subtasks end too, and its parent goes on when this was the last of its own.
 * Doing it again changes nothing. Whoever brings a task to its end does this; where it dies first, the task's message comes
 * again, or the sweeper finds the task due.
 */
export async function followUp(task: FinishedTask, ports: FollowUpPorts): Promise<void> {
  if (task.status !== 'succeeded') await cancelSubtasks(task, ports);
  if (task.parent !== undefined) await reportTo(task.parent, task, ports);
}

/** Ends all that a task was fanned out into, down to the last part of a part. */
async function cancelSubtasks(task: FinishedTask, ports: FollowUpPorts): Promise<void> {
  const { tenantId, id, fanOut } = task;
  if (fanOut === undefined) return;
  const { pending = new Set() } = (await ports.fanOuts.get({ tenantId, id, attempt: fanOut.attempt })) ?? {};
  const open = subtaskIdsOf(task).filter((_, place) => pending.has(place));
  await inParallel(open, PARALLEL, async (subtaskId) => {
    const cancel = await ports.store.cancel(tenantId, subtaskId, ports.clock());
    if (cancel.result !== 'cancelled') return;
    ports.meter.record(cancel.task.executorKey, 'cancelled', 1);
    await cancelSubtasks(cancel.task, ports);
  });
}

/** A part that fails its parent stays pending: a parent of which none is left goes on, whoever strikes out the last. */
async function reportTo({ id, attempt, index }: ParentRef, task: FinishedTask, ports: FollowUpPorts): Promise<void> {
  const parent = { tenantId: task.tenantId, id, attempt };
  if (task.status !== 'succeeded') {
    const fanOut = await ports.fanOuts.get(parent);
    if (fanOut?.onFailure === 'fail') return failParent(parent, task, ports);
  }
  const fanOut = await ports.fanOuts.close(parent, index);
  if (fanOut?.pending.size === 0) await resumeParent(parent, ports);
}

async function failParent(
  parent: ParentKey,
  task: Exclude<FinishedTask, { status: 'succeeded' }>,
  ports: FollowUpPorts,
): Promise<void> {
  const now = ports.clock();
  const { code, message } = subtaskError(task);
  const error = taskError('subtask_failed', `${task.type} ${task.id}: ${code}: ${message}`, false);
  const failed = await ports.fanOuts.fail(parent, error, now, dueAt(now));
  if (failed.result === 'lost') return;
  ports.meter.record(failed.task.executorKey, 'failed', 1);
  ports.meter.record(error.code, 'error', 1);
  await followUp(failed.task, ports);
}

/** Why a subtask has no output. */
export const subtaskError = (
  task: Exclude<FinishedTask, { status: 'succeeded' }>,
): Pick<TaskError, 'code' | 'message'> =>
  task.status === 'failed' ? task.error : { code: 'cancelled', message: 'the subtask was cancelled' };

/** Queues a task whose subtasks have all ended; of several that try, one does. */
export async function resumeParent(parent: ParentKey, ports: FollowUpPorts): Promise<void> {
  const resume = await ports.fanOuts.resume(parent, dueAt(ports.clock()));
  if (resume.result === 'queued') await sentOrLeft(resume.task, 0, ports);
}

const dueAt = (now: number): number => now + SWEEP_PERIOD_SECONDS * 1000;
