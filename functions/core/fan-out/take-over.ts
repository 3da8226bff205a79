import { compact } from '../compact.ts';
import { mapConcurrently } from '../concurrency.ts';
import type { Clock, Log, PayloadStore, TaskQueue, TaskStore } from '../ports.ts';
import { keepUntilOf } from '../task/payload.ts';
import { nextSweep, sendOrDefer } from '../task/send-or-defer.ts';
import type { FinishedTask, QueuedTask, Task, WaitingTask } from '../task/task.ts';
import type { FanOuts, ParentKey } from './fan-outs.ts';

export type TakeOverPorts = {
  readonly store: Pick<TaskStore, 'retry'>;
  readonly fanOuts: FanOuts;
  readonly payloads: Pick<PayloadStore, 'keep'>;
  readonly queue: TaskQueue;
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** So many subtasks are queued again at a time. */
const PARALLEL = 50;

export const parentKeyOf = ({ tenantId, id, fanOut }: WaitingTask): ParentKey => ({
  tenantId,
  id,
  attempt: fanOut.attempt,
});

/** Says whether a subtask has an end that a fan-out takes over as it is; one of a failed or chosen subtask it does not. */
export const isKept = (task: Task): boolean => task.status === 'succeeded' && task.fanOut?.again === undefined;

/** Says whether a subtask is still that of an earlier fan-out of its parent. */
export const isOfEarlier = ({ parent }: Task, { fanOut }: WaitingTask): boolean =>
  (parent?.attempt ?? fanOut.attempt) < fanOut.attempt;

/**
 * Takes over subtasks that ended in an earlier fan-out of their parent, and that the present one waits for: what succeeded
 * counts, and the others run again under their ids. Doing it again, or twice at once, queues nothing twice.
 */
export async function takeOver(
  parent: WaitingTask,
  ended: readonly FinishedTask[],
  ports: TakeOverPorts,
): Promise<void> {
  if (ended.length === 0) return;
  const again = ended.filter((task) => !isKept(task));
  const retried = await mapConcurrently(again, PARALLEL, (task) => runAgain(parent, task, ports));
  const queued = retried.flatMap((task) => task ?? []);
  // The sweeper sends what the queue refuses: each of them is due.
  const refused = await ports.queue.sendAll(queued.map((task) => ({ task, delaySeconds: 0 })));
  if (refused.size > 0) ports.log('warn', 'subtasks not sent: the sweeper will send them', { task_id: parent.id });
  await mapConcurrently(ended.filter(isKept), PARALLEL, async (task) => {
    const left = await ports.fanOuts.close(parentKeyOf(parent), task.parent?.index ?? -1);
    if (left?.pending.size === 0) await resumeParent(parentKeyOf(parent), ports);
  });
}

/** Queues a subtask again as one of the present fan-out; `undefined` where somebody else has. */
async function runAgain(
  { fanOut: { attempt } }: WaitingTask,
  task: FinishedTask,
  { store, payloads, retentionDays, clock }: TakeOverPorts,
): Promise<QueuedTask | undefined> {
  const now = clock();
  // Where its input is gone, its attempt will say so.
  await payloads.keep(task.input, keepUntilOf(task, now, retentionDays));
  const terms = compact({
    parent: task.parent && { ...task.parent, attempt },
    fanOut: task.fanOut && { ...task.fanOut, again: task.fanOut.again ?? 'failed' },
  });
  const retry = await store.retry(task.tenantId, task.id, now, nextSweep(now), terms);
  return retry.result === 'queued' ? retry.task : undefined;
}

/** Queues a task whose subtasks have all ended; of several that try, one does. */
export async function resumeParent(
  parent: ParentKey,
  ports: Pick<TakeOverPorts, 'fanOuts' | 'queue' | 'clock' | 'log'>,
): Promise<void> {
  const resume = await ports.fanOuts.resume(parent, nextSweep(ports.clock()));
  if (resume.result === 'queued') await sendOrDefer(resume.task, 0, ports);
}
