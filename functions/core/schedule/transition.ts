import { compact } from '../compact.ts';
import type { TaskId } from '../task/ids.ts';
import type { TenantLimits } from '../tenant/tenant-limits.ts';
import type { LastFiring, Schedule } from './schedule.ts';

/** What whoever owns a schedule may change of it: all of it is as it is said here. */
export type ScheduleChange = Pick<Schedule, 'input' | 'cadence' | 'overlap' | 'missed'> & {
  readonly name: string | undefined;
  readonly limits: TenantLimits | undefined;
};

/** A schedule may be without these. */
type Optional = 'name' | 'limits' | 'dueAt' | 'lastTaskId';
type Change = Omit<Partial<Schedule>, Optional> & {
  readonly [Name in Optional]?: Schedule[Name] | undefined;
};

/** Returns the next revision of a schedule; what is changed to `undefined` is missing in it. */
const after = (schedule: Schedule, change: Change): Schedule =>
  compact({ ...schedule, ...change, revision: schedule.revision + 1 });

/** Returns a schedule that fires next at `nextAt`, unless it is paused. */
const firingNextAt = (schedule: Schedule, nextAt: number): Pick<Schedule, 'nextAt' | 'dueAt'> =>
  schedule.dueAt === undefined ? { nextAt } : { nextAt, dueAt: nextAt };

/** Leaves out the firings before `nextAt`, which is past, too; the first of them may have a task. */
export const missedUntil = (schedule: Schedule, nextAt: number, lastTaskId = schedule.lastTaskId): Schedule =>
  after(schedule, { nextAt, lastTaskId });

type Made = {
  readonly nextAt: number;
  /** The task of the latest firing that has one. */
  readonly lastTaskId?: TaskId | undefined;
  readonly skipped: number;
};

/** Goes on behind firings of which something has become; `last` is the last of them. */
export const firingsMade = (
  schedule: Schedule,
  last: LastFiring,
  { nextAt, lastTaskId = schedule.lastTaskId, skipped }: Made,
): Schedule =>
  after(schedule, {
    ...firingNextAt(schedule, nextAt),
    last,
    lastTaskId,
    skipped: schedule.skipped + skipped,
  });

/** Leaves a firing for another try at `dueAt`; those before it may have tasks. */
export const firingRefused = (
  schedule: Schedule,
  last: LastFiring,
  { dueAt, lastTaskId = schedule.lastTaskId }: { readonly dueAt: number; readonly lastTaskId?: TaskId | undefined },
): Schedule => after(schedule, { nextAt: last.time, dueAt, last, lastTaskId });

/** Notes a task that was made beside the schedule's own times. */
export const runNow = (schedule: Schedule, last: LastFiring, lastTaskId: TaskId): Schedule =>
  after(schedule, { last, lastTaskId });

/** Stops a schedule. What comes due meanwhile is not missed. */
export const paused = (schedule: Schedule): Schedule => after(schedule, { dueAt: undefined });

/** Lets a schedule go on, with what comes after now. */
export const resumed = (schedule: Schedule, nextAt: number): Schedule => after(schedule, { nextAt, dueAt: nextAt });

/** Changes a schedule; with another `nextAt`, it fires by another cadence from then on. */
export const changed = (schedule: Schedule, change: ScheduleChange, nextAt: number): Schedule =>
  after(schedule, { ...change, ...(nextAt === schedule.nextAt ? {} : firingNextAt(schedule, nextAt)) });
