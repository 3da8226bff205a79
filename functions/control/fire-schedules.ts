import { CHECK_PERIOD_SECONDS, SWEEP_PERIOD_SECONDS } from '../contract.ts';
import { compact } from '../core/compact.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import { TaskFailure } from '../core/define-task.ts';
import { findDefinition, isBrokenDefinition } from '../core/definition/find-definition.ts';
import type { FanOutPorts } from '../core/fan-out/fan-out.ts';
import { propagateEnd } from '../core/fan-out/propagate-end.ts';
import { isoTime } from '../core/iso-time.ts';
import { executorKeyFor } from '../core/lane/routing.ts';
import type { Meter } from '../core/ports.ts';
import { dueTimes, timesLateWith } from '../core/schedule/cadence.ts';
import { firingTaskId, type LastFiring, type Schedule, type ScheduleStore } from '../core/schedule/schedule.ts';
import { firingRefused, firingsMade, missedUntil } from '../core/schedule/transition.ts';
import { UNKEYED } from '../core/task/fingerprint.ts';
import type { TaskId } from '../core/task/ids.ts';
import { keepUntilOf } from '../core/task/payload.ts';
import { isFinished, type NewTask, newTask } from '../core/task/task.ts';
import { effective } from '../core/task-settings.ts';
import { FiringGate, type FiringGatePorts } from './firing-gate.ts';

export type FirePorts = FanOutPorts & FiringGatePorts & { readonly schedules: ScheduleStore; readonly meter: Meter };

/** A page has so many schedules, and so many of them are under way at a time. */
const PAGE_SCHEDULES = 100;
const PARALLEL = 25;

/** A run fires no more than this, the longest due first: the tasks of more would come on their lanes at one moment. */
const MAX_FIRINGS = 6_000;

/** A firing that was refused is tried again in the next run, behind those that were due before. */
const RETRY_MILLISECONDS = SWEEP_PERIOD_SECONDS * 1000;

/** A task that runs is told to end when its executor next looks, and its successor waits for that on its lane. */
const CANCEL_SECONDS = 2 * CHECK_PERIOD_SECONDS;

/** A task to be made, at one of the times of a schedule. */
type Firing = { readonly time: number; readonly task: NewTask; readonly delaySeconds: number };

/** What is to become of a schedule that is due: its firings are made, and then the rest holds. */
type Decision = {
  readonly schedule: Schedule;
  readonly firings: readonly Firing[];
  readonly last: LastFiring;
  readonly nextAt: number;
  readonly skipped: number;
};

/**
 * Makes the tasks of the schedules that are due. Stops at `deadline` (milliseconds since the epoch), or when it has made as
 * many as a run may; what is left is the next run's. Two at once, or one that dies half way, do no harm: the id of a task comes
 * from its schedule and its time, and a schedule goes on only when its tasks are there.
 */
export async function fireSchedules(deadline: number, ports: FirePorts): Promise<void> {
  const gate = new FiringGate(ports);
  const counts = { fired: 0, skipped: 0, refused: 0 };
  for await (const page of ports.schedules.due(ports.clock(), PAGE_SCHEDULES)) {
    if (ports.clock() >= deadline || counts.fired >= MAX_FIRINGS) break;
    const decided = await mapConcurrently(page, PARALLEL, (schedule) => decide(schedule, gate, ports));
    const decisions = decided.filter((decision) => decision !== undefined);
    const outgoing = decisions.flatMap(({ firings }) => firings);
    const unsent = await ports.queue.sendAll(outgoing);
    for (const made of await mapConcurrently(decisions, PARALLEL, (one) => settle(one, unsent, ports))) {
      counts.fired += made.firings.length;
      counts.skipped += made.skipped;
      counts.refused += Number(made.last.outcome === 'refused');
    }
  }
  if (Object.values(counts).some((count) => count > 0)) ports.log('info', 'schedules fired', counts);
}

/**
 * Decides on the firings of a schedule that are due, and makes ready what they need. Never throws; there is nothing to decide
 * where somebody else has changed the schedule.
 */
async function decide(due: Schedule, gate: FiringGate, ports: FirePorts): Promise<Decision | undefined> {
  const firings: Firing[] = [];
  let schedule = due;
  let time = due.nextAt;
  const decision = (outcome: LastFiring['outcome'], nextAt: number, reason?: string, skipped = 0): Decision => {
    const last = compact({ time, at: ports.clock(), outcome, reason });
    return { schedule, firings, last, nextAt, skipped };
  };
  try {
    const { times, nextAt } = await dueTimes(due, ports.clock());
    const [first = due.nextAt] = times;
    if (first !== due.nextAt) {
      // Where this fails, the next is still what it was: it may have a task.
      const found = await leaveOut(due, first, ports);
      if (found === undefined) return undefined;
      schedule = found;
    }
    for (const [place, dueTime] of times.entries()) {
      time = dueTime;
      const before = await unfinishedBefore(schedule, firings.at(-1)?.task.id, time, ports);
      if (before !== undefined && schedule.overlap === 'skip') {
        return decision('skipped', nextAt, `the task before it, ${before}, has not ended`, times.length - place);
      }
      const lane = await laneFor(schedule, ports);
      const refusal = await gate.refusal(schedule, lane.executorKey);
      if (refusal !== undefined) {
        ports.meter.record(lane.executorKey, 'refused', 1);
        return decision('refused', time, refusal);
      }
      // Of several that are late, one that the next would cancel never begins. It has a row, since its message may be sent.
      const replaced = schedule.overlap === 'cancel' ? firings.pop() : undefined;
      if (replaced !== undefined) await ports.store.insert(replaced.task);
      const endsIn = before === undefined ? 0 : await cancel(schedule, before, ports);
      const delaySeconds = Math.max(endsIn, replaced?.delaySeconds ?? 0);
      firings.push({ time, task: await taskOf(schedule, time, lane, ports), delaySeconds });
    }
    return decision('fired', nextAt);
  } catch (error) {
    return decision('refused', time, reasonOf(error, schedule, ports));
  }
}

/**
 * Notes that firings were missed, before one is made that is not the next: whoever comes after goes on from there. The next, and those
 * that were late with it, may have tasks all the same, if a run has died that made them.
 */
async function leaveOut(schedule: Schedule, time: number, ports: FirePorts): Promise<Schedule | undefined> {
  const { schedules, store, clock, log } = ports;
  log('warn', 'firings missed', { ...fieldsOf(schedule), since: isoTime(schedule.nextAt), until: isoTime(time) });
  const perhapsMade = (await timesLateWith(schedule)).filter((late) => late < time);
  const tasks = await Promise.all(
    perhapsMade.map((late) => store.get(schedule.tenantId, firingTaskId(schedule, late), clock())),
  );
  const next = missedUntil(schedule, time, tasks.findLast((task) => task !== undefined)?.id);
  return (await schedules.replace(next)) === 'replaced' ? next : undefined;
}

/**
 * Returns the task of the firing before, where it has not ended and that matters. It is `late`, where that one is made in this
 * run: its row may be there already, if another run has died.
 */
async function unfinishedBefore(
  schedule: Schedule,
  late: TaskId | undefined,
  time: number,
  { store, clock }: FirePorts,
): Promise<TaskId | undefined> {
  const { tenantId, overlap, lastTaskId } = schedule;
  const before = late ?? lastTaskId;
  if (overlap === 'queue' || before === undefined || before === firingTaskId(schedule, time)) return undefined;
  const task = await store.get(tenantId, before, clock());
  const isOver = task === undefined ? before !== late : isFinished(task);
  return isOver ? undefined : before;
}

/** Cancels the task of the firing before, and returns for how long the next one waits for that. */
async function cancel({ tenantId }: Schedule, taskId: TaskId, ports: FirePorts): Promise<number> {
  const cancelled = await ports.store.cancel(tenantId, taskId, ports.clock());
  if (cancelled.result === 'requested') return CANCEL_SECONDS;
  if (cancelled.result === 'cancelled') await propagateEnd(cancelled.task, ports);
  return 0;
}

/** What its type says of the task of a firing. */
type LaneFor = Pick<
  NewTask,
  'resourceClass' | 'priority' | 'executorKey' | 'maxAttempts' | 'timeoutSeconds' | 'retentionDays'
>;

/** Says where the tasks of a schedule go, and how they run: as those of submits without a word of their own. */
async function laneFor({ tenantId, type }: Schedule, { catalog, settings, classes }: FirePorts): Promise<LaneFor> {
  const definition = await findDefinition(catalog, type);
  if (definition === undefined) {
    throw new TaskFailure('unknown_task_type', `this deployment has no task type ${type}`);
  }
  const { priority, maxAttempts, timeoutSeconds } = effective(definition, await settings.get(type));
  const executorKey = executorKeyFor(definition, { tenantId, priority }, classes);
  const { resources: resourceClass, retentionDays } = definition;
  return compact({ resourceClass, priority, executorKey, maxAttempts, timeoutSeconds, retentionDays });
}

/** Makes the task of a firing. */
async function taskOf(schedule: Schedule, time: number, lane: LaneFor, ports: FirePorts): Promise<NewTask> {
  const { tenantId, type, limits } = schedule;
  const id = firingTaskId(schedule, time);
  const createdAt = ports.clock();
  const keepUntil = keepUntilOf(lane, createdAt, ports.retentionDays);
  const seed = compact({
    ...lane,
    id,
    tenantId,
    type,
    input: await ports.payloads.put(tenantId, id, 'input', schedule.input, keepUntil),
    fingerprint: UNKEYED,
    createdAt,
    schedule: { id: schedule.id, time },
    limits,
  });
  return newTask(seed);
}

/**
 * Writes the rows of the tasks, and then what has become of the schedule. A task that the queue did not take is due, and sent by
 * the sweeper. Where a row cannot be written, its firing is tried again: another could not see the task before it.
 */
async function settle(
  { schedule, firings, last, nextAt, skipped }: Decision,
  unsent: ReadonlySet<TaskId>,
  ports: FirePorts,
): Promise<Pick<Decision, 'firings' | 'last' | 'skipped'>> {
  const { clock, store, schedules, log } = ports;
  const made: Firing[] = [];
  let outcome = last;
  // A firing whose row could not be written may have a task all the same: its message may be sent.
  let lastTaskId: TaskId | undefined;
  try {
    for (const firing of firings) {
      const { task, delaySeconds } = firing;
      lastTaskId = task.id;
      outcome = { time: firing.time, at: clock(), outcome: 'fired' };
      await store.insert(task, unsent.has(task.id) ? clock() + delaySeconds * 1000 : undefined);
      made.push(firing);
    }
    outcome = last;
  } catch (error) {
    outcome = { ...outcome, outcome: 'refused', reason: reasonOf(error, schedule, ports) };
  }
  const next =
    outcome.outcome === 'refused'
      ? firingRefused(schedule, outcome, { dueAt: clock() + RETRY_MILLISECONDS, lastTaskId })
      : firingsMade(schedule, outcome, { nextAt, lastTaskId, skipped });
  try {
    if ((await schedules.replace(next)) === 'lost') log('info', 'schedule changed while it fired', fieldsOf(schedule));
  } catch (error) {
    log('warn', 'firing not noted: the next run repeats it', { ...fieldsOf(schedule), reason: String(error) });
  }
  return { firings: made, last: outcome, skipped };
}

/** Says why a firing has no task, and the log says it of a fault. */
function reasonOf(error: unknown, schedule: Schedule, { log }: FirePorts): string {
  if (isBrokenDefinition(error)) return `${error.code}: ${error.summary}`;
  if (error instanceof TaskFailure) return `${error.code}: ${error.message}`;
  log('warn', 'schedule not fired: the next run tries again', { ...fieldsOf(schedule), reason: String(error) });
  return 'unavailable: a part of the platform does not answer';
}

const fieldsOf = ({ tenantId, id }: Schedule) => ({ tenant: tenantId, schedule_id: id });
