import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cadenceProblem,
  dueTimes,
  LATE_MINUTES,
  nextTime,
  nextTimes,
} from '../../../../functions/core/schedule/cadence.ts';
import type { Cadence } from '../../../../functions/core/schedule/schedule.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const berlin = (cron: string): Cadence => ({ cron, timezone: 'Europe/Berlin' });
const at = (text: string): number => Date.parse(text);
const iso = (times: readonly number[]): string[] => times.map((time) => new Date(time).toISOString().slice(0, 16));
const next = async (cadence: Cadence, after: string, count = 3) =>
  iso(await nextTimes({ cadence, createdAt: 0 }, at(after), count));

describe('the times of a schedule', () => {
  it.each([
    ['to summer time', '2026-03-28T00:00Z'],
    ['to winter time', '2026-10-24T00:00Z'],
  ])('each minute in Berlin come once a minute over the change %s', async (_, from) => {
    let time = at(from);
    for (const following of await nextTimes({ cadence: berlin('* * * * *'), createdAt: 0 }, time, 48 * 60)) {
      expect(following - time).toBe(MINUTE);
      time = following;
    }
  });

  it('that a change leaves out come when it has come, and no second time', async () => {
    expect(await next(berlin('30 2 * * *'), '2026-03-28T12:00Z')).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
      '2026-03-31T00:30',
    ]);
  });

  it('that a change brings twice come at the first of both', async () => {
    expect(await next(berlin('30 2 * * *'), '2026-10-24T12:00Z')).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
      '2026-10-27T01:30',
    ]);
  });

  it('with a step, a range or a star come in each hour that there is', async () => {
    expect(await next(berlin('*/30 * * * *'), '2026-10-25T00:00Z', 4)).toEqual([
      '2026-10-25T00:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
    ]);
    expect(await next(berlin('0 * * * *'), '2026-03-29T00:00Z', 2)).toEqual(['2026-03-29T01:00', '2026-03-29T02:00']);
  });

  it('by a rate count from when it was made, to the minute', async () => {
    const schedule = { cadence: { rateMinutes: 90 }, createdAt: at('2026-01-01T00:10:42Z') };
    expect(iso(await nextTimes(schedule, schedule.createdAt, 3))).toEqual([
      '2026-01-01T01:40',
      '2026-01-01T03:10',
      '2026-01-01T04:40',
    ]);
    expect(iso(await nextTimes(schedule, at('2026-01-01T01:40Z'), 1))).toEqual(['2026-01-01T03:10']);
  });
});

describe('a cadence', () => {
  it.each<[string, string, string]>([
    ['* * * * * *', 'UTC', 'cron'],
    ['61 * * * *', 'UTC', 'cron'],
    ['0 0 30 2 *', 'UTC', 'cron'],
    ['@reboot', 'UTC', 'cron'],
    ['2027-01-01T00:00:00', 'UTC', 'cron'],
    ['every minute', 'UTC', 'cron'],
    ['0 9 * * *', 'Mars/Olympus', 'timezone'],
    ['0 9 * * *', '+02:00', 'timezone'],
    ['0 9 * * *', 'CEST', 'timezone'],
  ])('%s of %s is refused for its %s', async (cron, timezone, field) => {
    const problem = await cadenceProblem({ cron, timezone });
    expect(problem).toMatchObject({ field });
    expect(problem?.message).toMatch(/such as/);
  });

  it.each(['* * * * *', '0 9 * * MON-FRI', '@daily', '0 0 L * *', '*/5 8-18 1,15 * *', '0 0 29 2 *'])(
    '%s is taken',
    async (cron) => {
      expect(await cadenceProblem(berlin(cron))).toBeUndefined();
    },
  );
});

const cadences = fc.oneof(
  fc.record({ rateMinutes: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({
    cron: fc.constantFrom(
      '* * * * *',
      '*/7 * * * *',
      '30 2 * * *',
      '0 3 * * 0',
      '15 1-3 * * *',
      '0 0 1 * *',
      '@hourly',
    ),
    timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
  }),
);
/** These are days around which clocks change somewhere. */
const moments = fc
  .tuple(fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'), fc.nat())
  .map(([day, seconds]) => at(day) - 24 * HOUR + (seconds % 172_800) * 1000);

describe('what is due', () => {
  const createdAt = at('2026-01-01T00:00Z');

  it('are the times until now: the latest, or all of a day at most, a few at a time; and then what follows', async () => {
    await fc.assert(
      fc.asyncProperty(cadences, moments, fc.integer({ min: 0, max: 3_000 }), async (cadence, from, minutes) => {
        const schedule = { cadence, createdAt, nextAt: await nextTime({ cadence, createdAt }, from) };
        const now = schedule.nextAt + minutes * MINUTE;
        const past = [schedule.nextAt];
        for (let time = schedule.nextAt; time <= now; past.push(time)) time = await nextTime(schedule, time);
        const following = past.pop();
        const latest = await dueTimes({ ...schedule, missed: 'latest' }, now);
        const isLate = schedule.nextAt > now - LATE_MINUTES * MINUTE;
        expect(latest).toEqual({ times: isLate ? past : past.slice(-1), nextAt: following });
        const all = await dueTimes({ ...schedule, missed: 'all' }, now);
        const ofDay = past.filter((time) => time > now - 24 * HOUR);
        const expected = ofDay.length === 0 ? past.slice(-1) : ofDay.slice(0, 20);
        expect(all.times).toEqual(expected);
        expect(all.nextAt).toBe(ofDay[20] ?? following);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('after a year without a sweeper is the latest time, found in a few steps', async () => {
    for (const cron of ['* * * * *', '0 9 * * *', '0 0 1 * *']) {
      const schedule = { cadence: berlin(cron), createdAt, nextAt: at('2025-01-01T08:00Z') };
      const { times, nextAt } = await dueTimes({ ...schedule, missed: 'latest' }, at('2026-06-15T10:30:20Z'));
      expect(nextAt).toBeGreaterThan(at('2026-06-15T10:30:20Z'));
      expect(await nextTime(schedule, times[0] ?? 0)).toBe(nextAt);
    }
  });
});
