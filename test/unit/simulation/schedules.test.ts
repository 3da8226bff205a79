import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_LAG } from '../../../functions/adapters/memory/lagging-index.ts';
import type { Schedule } from '../../../functions/core/schedule/schedule.ts';
import { expectSameCourse } from '../../doubles/course.ts';
import { invoke } from '../../doubles/executor-world.ts';
import { FrailProcess, type Frailty, STURDY } from '../../doubles/frail-process.ts';
import { lagOf } from '../../doubles/lag-of.ts';
import { fire, schedule, tasksOf, timesOf } from '../../doubles/schedules.ts';
import { onStoppedClock } from '../../doubles/stopped-clock.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const MINUTE = 60_000;
const TENANTS = ['acme', 'bravo', 'carol'].map(tenant);

/** Makes one run of the sweeper that fails as it is told. */
async function frailRun(world: World, frailty: Frailty): Promise<void> {
  const frail = new FrailProcess(frailty);
  const run = fire(world, frail.through(world.ports)).catch(() => 'failed');
  await frail.until(run);
}

/** After so many sturdy runs, what others have left undone is done. */
const RECOVERY_MINUTES = 12;

/** Lives through minutes, with some runs in each, at once, and then some sturdy ones. */
async function live(world: World, minutes: number, frailties: readonly (readonly Frailty[])[]): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    world.now += MINUTE;
    const runs = frailties[minute % frailties.length] ?? [];
    await Promise.all(runs.map((frailty) => frailRun(world, frailty)));
    await invoke(world);
  }
  for (let minute = 0; minute < RECOVERY_MINUTES; minute++) {
    world.now += MINUTE;
    await fire(world);
    await invoke(world);
  }
}

const from =
  (text: string, overrides: Partial<Schedule> = {}) =>
  async (lag = NO_LAG) => {
    const world = createWorld([greet], { lag });
    world.now = Date.parse(text) - 20_000;
    for (const tenantId of TENANTS) {
      await schedule(world, { tenantId, cadence: { cron: '* * * * *', timezone: 'Europe/Berlin' }, ...overrides });
    }
    return world;
  };

const tasksOfAll = async (world: World) =>
  (await Promise.all(TENANTS.map((tenantId) => tasksOf(world, tenantId)))).map((tasks) =>
    timesOf(tasks).filter((time) => time <= world.now - RECOVERY_MINUTES * MINUTE),
  );

/** Returns the minutes from the first on: what each schedule has to fire for, once. */
const allMinutes = (text: string, count: number): number[] =>
  Array.from({ length: count }, (_, minute) => Date.parse(text) + minute * MINUTE);

const calls = fc.array(fc.nat({ max: 40 }), { maxLength: 3 });
const frailty: fc.Arbitrary<Frailty> = fc.record({
  refused: calls,
  unanswered: calls,
  diesAt: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
  stallsAt: fc.constant(undefined),
  pace: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }),
});

type Watch = (world: World) => void;

/** Expects one firing for each minute and schedule, whatever becomes of the runs of the sweeper. */
const eachMinute = (start: string, watch: Watch = () => {}) =>
  fc.asyncProperty(
    fc.array(fc.array(frailty, { maxLength: 2 }), { minLength: 1, maxLength: 12 }),
    fc.integer(),
    (frailties, seed) =>
      onStoppedClock(async () => {
        const world = await from(start, { missed: 'all' })(lagOf(seed, { share: 0.3, reads: 2 }));
        watch(world);
        await live(world, 30, frailties);
        expect(await tasksOfAll(world)).toEqual(TENANTS.map(() => allMinutes(start, 30)));
      }),
  );

/** Expects that no two tasks of a schedule are under way at once. */
const oneAtATime = (watch: Watch = () => {}) =>
  fc.asyncProperty(fc.array(fc.array(frailty, { maxLength: 2 }), { minLength: 1, maxLength: 8 }), (frailties) =>
    onStoppedClock(async () => {
      const world = await from('2026-06-01T00:00Z', { overlap: 'skip' })();
      watch(world);
      for (let minute = 0; minute < 12; minute++) {
        world.now += MINUTE;
        await Promise.all((frailties[minute % frailties.length] ?? []).map((one) => frailRun(world, one)));
        for (const tenantId of TENANTS) {
          const open = (await tasksOf(world, tenantId)).filter(({ status }) => status !== 'succeeded');
          expect(open.length).toBeLessThanOrEqual(1);
        }
        if (minute % 3 === 2) await invoke(world);
      }
    }),
  );

describe.each([
  ['summer', '2026-03-28T23:00Z'],
  ['winter', '2026-10-24T23:00Z'],
])('each minute in Berlin over the change to %s time', (_, start) => {
  it('fires once, with a run of the sweeper each minute', async () => {
    const world = await from(start)();
    await live(world, 3 * 60, [[STURDY]]);
    expect(await tasksOfAll(world)).toEqual(TENANTS.map(() => allMinutes(start, 3 * 60)));
  });

  it('fires once, whatever call of each run is the last, or is lost, and with two runs at once', async () => {
    await fc.assert(eachMinute(start), { numRuns: 20 });
  }, 120_000);
});

it('a run that is killed at any of its calls doubles no firing and loses none', async () => {
  const start = '2026-06-01T00:00Z';
  for (const overlap of ['queue', 'skip'] as const) {
    for (let diesAt = 0; diesAt < 30; diesAt++) {
      const world = await from(start, { overlap })();
      await live(world, 1, [[{ ...STURDY, diesAt }]]);
      const expected = TENANTS.map(() => allMinutes(start, 1));
      expect([overlap, diesAt, await tasksOfAll(world)]).toEqual([overlap, diesAt, expected]);
    }
  }
});

it('with overlap cancel, the last of what is late is made once, and what is before it ends', async () => {
  for (let diesAt = 0; diesAt < 30; diesAt++) {
    const world = await from('2026-06-01T00:00Z', { overlap: 'cancel' })();
    world.now += MINUTE;
    await frailRun(world, { ...STURDY, diesAt });
    world.now += MINUTE;
    await fire(world);
    await invoke(world);
    for (const tenantId of TENANTS) {
      const tasks = await tasksOf(world, tenantId);
      expect(new Set(timesOf(tasks)).size).toBe(tasks.length);
      expect(tasks.at(-1)).toMatchObject({ status: 'succeeded', schedule: { time: world.now - 40_000 } });
      expect(tasks.slice(0, -1).filter(({ status }) => status !== 'cancelled')).toEqual([]);
    }
  }
});

it('with overlap skip, no two tasks of a schedule are under way at once, whatever dies on the way', async () => {
  // A run dies that has made a task, and the next cannot leave out what was missed since.
  const leftOutInVain: Frailty = { ...STURDY, refused: [1], unanswered: [14], diesAt: 18 };
  await fc.assert(oneAtATime(), { numRuns: 40, examples: [[[[], [leftOutInVain]]]] });
}, 120_000);

it('takes the same course each time', async () => {
  await expectSameCourse((watch) => eachMinute('2026-03-28T23:00Z', watch), 4);
  await expectSameCourse(oneAtATime, 4);
}, 60_000);
