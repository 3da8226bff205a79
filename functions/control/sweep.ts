import { MAX_QUEUE_DELAY_SECONDS, SWEEP_PERIOD_SECONDS, TEND_PERIOD_SECONDS } from '../contract.ts';
import { type FanOutPorts, tend } from '../core/fan-out.ts';
import { followUp } from '../core/follow-up.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { DueTask, DueTasks } from '../core/ports.ts';
import { isFinished, type NewTask, type RunningTask } from '../core/task.ts';

export type SweepPorts = FanOutPorts & { readonly due: DueTasks };

/** Tasks of one page, and releases under way at a time. */
const PAGE_TASKS = 1_000;
const PARALLEL = 50;

/** What is due before the next run, and one more in case that is late: SQS delays it to the second. */
const AHEAD_MILLISECONDS = 2 * SWEEP_PERIOD_SECONDS * 1000;

/** What cannot be looked after comes again in the next run, behind the others: a page of it would keep them waiting. */
const POSTPONED_MILLISECONDS = AHEAD_MILLISECONDS + SWEEP_PERIOD_SECONDS * 1000;

/**
 * Looks after fan-outs that are due, and sends the tasks whose time has come, or comes before the next run, and those of
 * types that are no longer paused. Stops at `deadline` (milliseconds since the epoch); what is left is the next run's. Two
 * at once do no harm: a task that is sent twice is claimed once.
 */
export async function sweep(deadline: number, ports: SweepPorts): Promise<void> {
  const { due, catalog, clock, settings, log } = ports;
  const counts = { due: 0, resumed: 0 };
  counts.due = await drain(() => due.due(clock() + AHEAD_MILLISECONDS, PAGE_TASKS), deadline, ports);
  for (const type of Object.keys(catalog)) {
    if ((await settings.get(type)).paused) continue;
    counts.resumed += await drain(() => due.parked(type, PAGE_TASKS), deadline, ports);
  }
  log('info', 'swept', counts);
}

/** Sends and looks after page after page, and returns how many tasks that were. */
async function drain(
  nextPage: () => Promise<readonly DueTask[]>,
  deadline: number,
  ports: SweepPorts,
): Promise<number> {
  let sent = 0;
  while (ports.clock() < deadline) {
    const page = await nextPage();
    const accepted = page.length === 0 ? 0 : await sendPage(page, deadline, ports);
    sent += accepted;
    // What the queue refuses would come again at once.
    if (page.length < PAGE_TASKS || accepted < page.length) break;
  }
  return sent;
}

/** Sends, then releases: a crash between the two sends again. Returns how many tasks are done with. */
async function sendPage(page: readonly DueTask[], deadline: number, ports: SweepPorts): Promise<number> {
  const { due, queue, clock, log } = ports;
  const now = clock();
  const waiting = page.flatMap(({ task }) => (isToSend(task) ? { task, delaySeconds: delayOf(task, now) } : []));
  const refused = await queue.sendAll(waiting);
  if (refused.size > 0) log('warn', 'due tasks not sent: the next run tries again', { tasks: refused.size });
  const sent = page.filter(({ task }) => isToSend(task) && !refused.has(task.id));
  await inParallel(sent, PARALLEL, (one) => due.release(one));
  let done = sent.length;
  for (const one of page) {
    if (isToSend(one.task)) continue;
    if (clock() >= deadline) break;
    await lookAfter(one, ports);
    done++;
  }
  return done;
}

/** One that runs has been claimed by a message that may be gone: whoever saw the task before could let it go. */
const isToSend = (task: DueTask['task']): task is NewTask | RunningTask =>
  task.status === 'queued' || task.status === 'scheduled' || task.status === 'running';

/** Of a task that was fanned out. */
async function lookAfter(one: DueTask, ports: SweepPorts): Promise<void> {
  const { task } = one;
  try {
    if (task.status === 'waiting') {
      await tend(task, ports);
      await ports.due.postpone(one, ports.clock() + TEND_PERIOD_SECONDS * 1000);
    } else if (isFinished(task)) {
      await followUp(task, ports);
      await ports.due.release(one);
    }
  } catch (error) {
    ports.log('warn', 'fan-out not looked after: the next run tries again', {
      task_id: task.id,
      reason: String(error),
    });
    await ports.due.postpone(one, ports.clock() + POSTPONED_MILLISECONDS);
  }
}

/** Whole seconds until a claim would be granted. */
const delayOf = (task: NewTask | RunningTask, now: number): number =>
  Math.min(Math.max(0, Math.ceil((claimableFrom(task) - now) / 1000)), MAX_QUEUE_DELAY_SECONDS);

function claimableFrom(task: NewTask | RunningTask): number {
  if (task.status === 'running') return task.leaseExpiresAt;
  return task.status === 'scheduled' ? task.runAt : (task.notBefore ?? 0);
}
