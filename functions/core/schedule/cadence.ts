import type { Missed } from './policies.ts';
import type { Cadence, Schedule } from './schedule.ts';

/** Five fields, or a name for them. A time that comes once is a task's `runAt`. */
const CRON = /^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+(\s+\S+){4})$/i;

/** Says what is wrong with a cadence, and with which of its fields; `undefined` where it comes again and again. */
export async function cadenceProblem(
  cadence: Cadence,
): Promise<{ readonly field: 'cron' | 'timezone'; readonly message: string } | undefined> {
  if ('rateMinutes' in cadence) return undefined;
  const { cron, timezone } = cadence;
  if (!isTimezone(timezone)) {
    return { field: 'timezone', message: 'is no time zone of the IANA database, such as Europe/Berlin' };
  }
  const wrong = (reason: string) => ({
    field: 'cron' as const,
    message: `${reason}; write one such as 0 9 * * MON-FRI`,
  });
  if (!CRON.test(cron.trim())) return wrong('must have five fields: minute, hour, day, month, day of the week');
  try {
    if ((await nextTimes({ cadence, createdAt: 0 }, Date.UTC(2000, 0), 1)).length === 0) return wrong('never comes');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    return wrong(`cannot be read: ${reason.replace(/[.\s]+$/, '')}`);
  }
  return undefined;
}

function isTimezone(timezone: string): boolean {
  try {
    // It takes offsets as well, which have no daylight saving, and which others do not take.
    return /^[A-Za-z]/.test(timezone) && new Intl.DateTimeFormat('en', { timeZone: timezone }) !== undefined;
  } catch {
    return false;
  }
}

type Timed = Pick<Schedule, 'cadence' | 'createdAt'>;

const MINUTE = 60_000;

/** Returns the next `count` times of a schedule after `after`, milliseconds since the epoch all of them. */
export async function nextTimes({ cadence, createdAt }: Timed, after: number, count: number): Promise<number[]> {
  if ('rateMinutes' in cadence) {
    const period = cadence.rateMinutes * MINUTE;
    const since = Math.floor(createdAt / MINUTE) * MINUTE;
    const first = since + (Math.floor((after - since) / period) + 1) * period;
    return Array.from({ length: count }, (_, place) => first + place * period);
  }
  // Most functions never need it.
  const { Cron } = await import('croner');
  const pattern = new Cron(cadence.cron, { timezone: cadence.timezone, paused: true, mode: '5-part' });
  return pattern.nextRuns(count, new Date(after)).map((time) => time.getTime());
}

/** Returns the next time of a schedule. */
export async function nextTime(schedule: Timed, after: number): Promise<number> {
  const [time] = await nextTimes(schedule, after, 1);
  if (time === undefined) throw new Error('the schedule never comes again');
  return time;
}

/** A firing that is no later than this is late, and not missed: runs of the sweeper come a minute apart, but for some seconds. */
export const LATE_MINUTES = 3;

/** How far `all` goes back, the latest time apart, and how many firings of one schedule are made up for at a time. */
const MAX_MISSED_HOURS = 24;
const MAX_MISSED_AT_ONCE = 20;

/** The latest time is looked for in the last of these that has one: so a few steps find it, whatever the cadence is. */
const WINDOWS = [1, 60, 1_440, 45_000, 600_000].map((minutes) => minutes * MINUTE);

/** Says which firings are to be made at `now`, the oldest first, of a schedule whose `nextAt` is past, and which comes after them. */
export async function dueTimes(
  schedule: Timed & { readonly nextAt: number; readonly missed: Missed },
  now: number,
): Promise<{ readonly times: readonly number[]; readonly nextAt: number }> {
  const oldest = now - MAX_MISSED_HOURS * 60 * MINUTE;
  const first = schedule.nextAt > oldest ? schedule.nextAt : await nextTime(schedule, oldest);
  const isLate = schedule.nextAt > now - LATE_MINUTES * MINUTE;
  if ((schedule.missed === 'latest' && !isLate) || first > now) {
    const latest = await latestTime(schedule, schedule.nextAt, now);
    return { times: [latest], nextAt: await nextTime(schedule, latest) };
  }
  const candidates = [first, ...(await nextTimes(schedule, first, MAX_MISSED_AT_ONCE))];
  const times = candidates.filter((time) => time <= now).slice(0, MAX_MISSED_AT_ONCE);
  return { times, nextAt: candidates[times.length] ?? first };
}

/** Returns the next time of a schedule, and those that one run may have made with it: all were late, and none missed. */
export async function timesLateWith(schedule: Timed & { readonly nextAt: number }): Promise<number[]> {
  const { nextAt } = schedule;
  const later = await nextTimes(schedule, nextAt, LATE_MINUTES);
  return [nextAt, ...later.filter((time) => time < nextAt + LATE_MINUTES * MINUTE)];
}

/** Returns the latest time that is not after `now`; `known` is one of them. */
async function latestTime(schedule: Timed, known: number, now: number): Promise<number> {
  for (const window of WINDOWS) {
    // What comes first within the window is one of them, too.
    let latest = now - window <= known ? known : await nextTime(schedule, now - window);
    if (latest > now) continue;
    for (let next = await nextTime(schedule, latest); next <= now; next = await nextTime(schedule, latest))
      latest = next;
    return latest;
  }
  return known;
}
