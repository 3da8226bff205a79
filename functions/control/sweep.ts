import { MAX_QUEUE_DELAY_SECONDS, RECONCILE_PERIOD_SECONDS, SWEEP_PERIOD_SECONDS } from '../contract.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import { type FanOutPorts, reconcileFanOut } from '../core/fan-out/fan-out.ts';
import { propagateEnd } from '../core/fan-out/propagate-end.ts';
import { laneOf } from '../core/lane/lane.ts';
import { presentExecutorKey } from '../core/lane/routing.ts';
import type { DueTask, DueTasks } from '../core/ports.ts';
import { isFinished, type NewTask, type RunningTask } from '../core/task/task.ts';
import { isPaused } from '../core/task-settings.ts';

export type SweepPorts = FanOutPorts & { readonly due: DueTasks };

/** A page has so many tasks, and so many releases are under way at a time. */
const PAGE_TASKS = 1_000;
const PARALLEL = 50;

/** A run sends what is due before the next one, and one more in case that is late: SQS delays it to the second. */
const AHEAD_MILLISECONDS = 2 * SWEEP_PERIOD_SECONDS * 1000;

/** What cannot be sent or reconciled comes again in the next run, behind the others: it would keep them waiting. */
const POSTPONED_MILLISECONDS = AHEAD_MILLISECONDS + SWEEP_PERIOD_SECONDS * 1000;

/**
 * Reconciles fan-outs that are due, and sends the tasks whose time has come, or comes before the next run, and those of
 * types that are no longer paused. Stops at `deadline` (milliseconds since the epoch); what is left is the next run's. Two
 * at once do no harm: a task that is sent twice is claimed once.
 */
export async function sweep(deadline: number, ports: SweepPorts): Promise<void> {
  const { due, clock, log } = ports;
  const until = clock() + AHEAD_MILLISECONDS;
  const counts = { due: await drain(due.due(until, PAGE_TASKS), deadline, ports), resumed: 0 };
  for (const type of await releasedTypes(ports)) {
    counts.resumed += await drain(due.held(type, until, PAGE_TASKS), deadline, ports);
  }
  log('info', 'swept', counts);
}

/**
 * Returns the types that are not paused. One that the deployment has no more is not, whatever was set of it: its tasks have
 * to end.
 */
async function releasedTypes({ catalog, settings }: SweepPorts): Promise<string[]> {
  const types = new Set([...Object.keys(catalog), ...(await settings.changedTypes())]);
  const released: string[] = [];
  for (const type of types) if (!isPaused(type, await settings.get(type), catalog)) released.push(type);
  return released;
}

/** Sends and reconciles page after page, and returns how many tasks that were. */
async function drain(pages: AsyncIterable<readonly DueTask[]>, deadline: number, ports: SweepPorts): Promise<number> {
  let done = 0;
  for await (const page of pages) {
    if (ports.clock() >= deadline) break;
    done += await sendPage(page, ports);
    done += await reconcilePage(page, deadline, ports);
  }
  return done;
}

/** Sends, then releases: a crash between the two sends again. Returns how many tasks are sent. */
async function sendPage(page: readonly DueTask[], ports: SweepPorts) {
  const { due, queue, clock, log } = ports;
  const now = clock();
  const toSend = page.flatMap((one) => (isToSend(one.task) ? [{ one, task: one.task }] : []));
  const waiting = await mapConcurrently(toSend, PARALLEL, async ({ one, task }) => {
    const executorKey = await presentExecutorKey(task, ports);
    const { resourceClass } = laneOf(executorKey);
    const outgoing = { task: { ...task, executorKey, resourceClass }, delaySeconds: secondsUntilDue(task, now) };
    return { one, outgoing, moved: executorKey === task.executorKey ? undefined : executorKey };
  });
  if (waiting.length === 0) return 0;
  const refused = await queue.sendAll(waiting.map(({ outgoing }) => outgoing));
  if (refused.size > 0) log('warn', 'due tasks not sent: the next run tries again', { tasks: refused.size });
  await mapConcurrently(waiting, PARALLEL, ({ one, moved }) =>
    refused.has(one.task.id) ? due.postpone(one, now + POSTPONED_MILLISECONDS) : due.release(one, moved),
  );
  return waiting.length - refused.size;
}

/** Reconciles the fan-outs of a page, and returns how many there was time for. */
async function reconcilePage(page: readonly DueTask[], deadline: number, ports: SweepPorts): Promise<number> {
  let done = 0;
  for (const one of page) {
    if (isToSend(one.task)) continue;
    if (ports.clock() >= deadline) break;
    await reconcile(one, ports);
    done++;
  }
  return done;
}

/** A task that runs is sent, too. The message that claimed it may be gone: whoever saw the task before could delete it. */
const isToSend = (task: DueTask['task']): task is NewTask | RunningTask =>
  task.status === 'queued' || task.status === 'scheduled' || task.status === 'running';

/** Makes a task that was fanned out go on, or what is left of its end follow. */
async function reconcile(one: DueTask, ports: SweepPorts): Promise<void> {
  const { task } = one;
  try {
    if (task.status === 'waiting') {
      await reconcileFanOut(task, ports);
      await ports.due.postpone(one, ports.clock() + RECONCILE_PERIOD_SECONDS * 1000);
    } else if (isFinished(task)) {
      await propagateEnd(task, ports);
      await ports.due.release(one);
    }
  } catch (error) {
    ports.log('warn', 'fan-out not reconciled: the next run tries again', {
      task_id: task.id,
      reason: String(error),
    });
    await ports.due.postpone(one, ports.clock() + POSTPONED_MILLISECONDS);
  }
}

/** Returns the whole seconds until a claim would be granted. */
const secondsUntilDue = (task: NewTask | RunningTask, now: number): number =>
  Math.min(Math.max(0, Math.ceil((claimableAt(task) - now) / 1000)), MAX_QUEUE_DELAY_SECONDS);

function claimableAt(task: NewTask | RunningTask): number {
  if (task.status === 'running') return task.leaseExpiresAt;
  return task.status === 'scheduled' ? task.runAt : (task.notBefore ?? 0);
}
