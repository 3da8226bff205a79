import { MAX_QUEUE_DELAY_SECONDS, SWEEP_PERIOD_SECONDS } from '../contract.ts';
import type { TaskCatalog } from '../core/define-task.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Clock, DueTask, DueTasks, Log, TaskQueue } from '../core/ports.ts';
import type { NewTask } from '../core/task.ts';
import type { SettingsStore } from '../core/task-settings.ts';

export type SweepPorts = {
  readonly due: DueTasks;
  readonly queue: TaskQueue;
  readonly settings: SettingsStore;
  readonly catalog: TaskCatalog;
  readonly clock: Clock;
  readonly log: Log;
};

/** Tasks of one page, and releases under way at a time. */
const PAGE_TASKS = 1_000;
const PARALLEL = 50;

/** What is due before the next run, and one more in case that is late: SQS delays it to the second. */
const AHEAD_MILLISECONDS = 2 * SWEEP_PERIOD_SECONDS * 1000;

/**
 * Sends the tasks whose time has come, or comes before the next run, and those of types that are no longer paused. Stops at
 * `deadline` (milliseconds since the epoch); what is left is the next run's. Two at once do no harm: a task that is sent
 * twice is claimed once.
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

/** Sends page after page, and returns how many tasks that were. */
async function drain(
  nextPage: () => Promise<readonly DueTask[]>,
  deadline: number,
  ports: SweepPorts,
): Promise<number> {
  let sent = 0;
  while (ports.clock() < deadline) {
    const page = await nextPage();
    const accepted = page.length === 0 ? 0 : await sendPage(page, ports);
    sent += accepted;
    // What the queue refuses would come again at once.
    if (page.length < PAGE_TASKS || accepted < page.length) break;
  }
  return sent;
}

/** Sends, then releases: a crash between the two sends again. */
async function sendPage(page: readonly DueTask[], { due, queue, clock, log }: SweepPorts): Promise<number> {
  const now = clock();
  const refused = await queue.sendAll(page.map(({ task }) => ({ task, delaySeconds: delayOf(task, now) })));
  if (refused.size > 0) log('warn', 'due tasks not sent: the next run tries again', { tasks: refused.size });
  const accepted = page.filter(({ task }) => !refused.has(task.id));
  await inParallel(accepted, PARALLEL, (one) => due.release(one));
  return accepted.length;
}

/** Whole seconds until a claim would be granted. */
const delayOf = (task: NewTask, now: number): number => {
  const time = task.status === 'scheduled' ? task.runAt : (task.notBefore ?? 0);
  return Math.min(Math.max(0, Math.ceil((time - now) / 1000)), MAX_QUEUE_DELAY_SECONDS);
};
