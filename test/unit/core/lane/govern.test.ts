import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GOVERN_PERIOD_SECONDS,
  LANE_KINDS,
  type LaneKind,
  type SharedLaneKind,
} from '../../../../functions/contract.ts';
import { govern } from '../../../../functions/core/lane/govern.ts';
import { type LaneState, NO_LOAD } from '../../../../functions/core/lane/lane.ts';
import { MIN_RESERVED, RESOURCE_CLASS_SPECS, reservationOf, shareOf } from '../../../../functions/resource-classes.ts';

const SHARES: Readonly<Record<SharedLaneKind, number>> = { high: 4, normal: 2, low: 2, batch: 2 };
const limitsOf = (executors: number) => ({ executors, reservation: reservationOf(executors) });
const LIMITS = limitsOf(10);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

type Found = { readonly depth: number; readonly inFlight: number };
type Work = Partial<Record<LaneKind, Partial<Found>>>;

/** Governs five event sources, period after period; each period ends in what they ask for. */
function governed({ shares = SHARES, limits = LIMITS } = {}) {
  const max = new Map<LaneKind, number>(
    LANE_KINDS.map((kind) => [kind, shareOf({ reserved: 0, lanes: shares }, kind)]),
  );
  const load = new Map<LaneKind, typeof NO_LOAD>();
  const broken = new Set<LaneKind>();
  let before = new Map<string, LaneState>();
  let now = 0;
  return {
    max,
    load,
    broken,
    state: (kind: LaneKind) => before.get(`default/${kind}/0`),
    period(work: Work, seconds = GOVERN_PERIOD_SECONDS): number[] {
      now += seconds * 1000;
      const lanes = LANE_KINDS.map((kind) => ({
        executorKey: `default/${kind}/0`,
        share: shareOf({ reserved: 0, lanes: shares }, kind),
        depth: 0,
        inFlight: 0,
        ...work[kind],
        source: { id: kind, maxConcurrency: max.get(kind) ?? 0, batchSize: 10, isSettled: !broken.has(kind) },
        load: load.get(kind) ?? NO_LOAD,
      }));
      const result = govern(lanes, before, { ...limits, deployed: RESOURCE_CLASS_SPECS.default }, now);
      before = new Map(result.map(({ state }) => [state.executorKey, state]));
      for (const [index, kind] of LANE_KINDS.entries()) max.set(kind, result[index]?.state.maxConcurrency ?? 0);
      return [...max.values()];
    },
  };
}

describe('the governor', () => {
  it('gives the only lane with work eight executors at once, and all ten in the next period', () => {
    const pool = governed();
    expect(pool.period({ low: { depth: 3000 } })).toEqual([2, 2, 8, 2, 2]);
    expect(pool.period({ low: { depth: 2800, inFlight: 80 } })).toEqual([2, 2, 10, 2, 2]);
  });

  it('takes back what it has lent as soon as its owner has work, and gives it once nothing runs on it', () => {
    const pool = governed();
    for (let periods = 0; periods < 5; periods++) pool.period({ low: { depth: 3000, inFlight: 100 } });
    const both = { high: { depth: 3000, inFlight: 20 }, low: { depth: 3000, inFlight: 100 } };
    expect(pool.period(both)).toEqual([2, 2, 3, 2, 2]);
    // Invocations of `low` may run for almost two minutes.
    expect(pool.period(both, RESOURCE_CLASS_SPECS.default.functionTimeoutSeconds - 6)).toEqual([2, 2, 3, 2, 2]);
    expect(pool.period(both, 1)).toEqual([7, 2, 3, 2, 2]);
  });

  it('leaves the express lane its two executors, and gives it no others', () => {
    const pool = governed();
    for (let periods = 0; periods < 5; periods++) pool.period({ express: { depth: 3000, inFlight: 20 } });
    expect([...pool.max.values()]).toEqual([4, 2, 2, 2, 2]);
    for (let periods = 0; periods < 5; periods++) pool.period({ low: { depth: 3000, inFlight: 100 } });
    expect([...pool.max.values()]).toEqual([2, 2, 10, 2, 2]);
  });

  it('raises a lane that is always busy, though few tasks wait', () => {
    const pool = governed();
    const busy = () => ({ normal: { depth: 10, inFlight: 10 * (pool.max.get('normal') ?? 0) } });
    expect(Array.from({ length: 5 }, () => pool.period(busy())[1])).toEqual([3, 5, 8, 8, 10]);
  });

  it('aims at seventy per cent of executors at work', () => {
    const pool = governed();
    for (let periods = 0; periods < 5; periods++) pool.period({ normal: { inFlight: 50 } });
    expect(pool.max.get('normal')).toBe(8);
  });

  it('counts the express lane among those with work: all five together have the ten', () => {
    const pool = governed();
    const all = Object.fromEntries(LANE_KINDS.map((kind) => [kind, { depth: 3000, inFlight: 100 }]));
    for (let periods = 0; periods < 5; periods++) pool.period(all);
    expect([...pool.max.values()]).toEqual([2, 2, 2, 2, 2]);
  });

  it('aims at seventy per cent of the CPU, where executors with free places have none left', () => {
    const pool = governed();
    const vcpus = 256 / 1769;
    const computing = (executors: number) => {
      const { cpuMilliseconds, messages } = pool.load.get('normal') ?? NO_LOAD;
      const more = executors * vcpus * 60_000;
      pool.load.set('normal', { ...NO_LOAD, messages: messages + 1, cpuMilliseconds: cpuMilliseconds + more });
      // One place of ten is taken in each of four.
      return pool.period({ normal: { inFlight: 4 } })[1];
    };
    expect(Array.from({ length: 6 }, () => computing(Math.min(4, pool.max.get('normal') ?? 0)))).toEqual([
      ...[3, 5, 6, 6, 6, 6],
    ]);
    for (let periods = 0; periods < 3; periods++) pool.period({ normal: { inFlight: 4 } });
    expect(pool.max.get('normal')).toBe(3);
  });

  it('takes the CPU of no lane for more than all its executors have', () => {
    const pool = governed();
    pool.period({ low: { inFlight: 1 } });
    pool.load.set('low', { ...NO_LOAD, messages: 1, cpuMilliseconds: 1e9 });
    expect(pool.period({ low: { inFlight: 1 } })[2]).toBe(5);
  });

  it('counts the tasks of a message, once it knows how many there are', () => {
    const pool = governed();
    pool.load.set('low', { ...NO_LOAD, tasks: 1000, messages: 10, invocations: 1, busyMilliseconds: 20_000 });
    expect(pool.period({ low: { depth: 8, inFlight: 2 } })[2]).toBe(8);
    expect(pool.state('low')).toMatchObject({ tasksPerMessage: 100, secondsPerInvocation: 20 });
    pool.load.set('low', { ...NO_LOAD, tasks: 1010, messages: 20, invocations: 2, busyMilliseconds: 21_000 });
    pool.period({ low: { depth: 8 } });
    expect(pool.state('low')).toMatchObject({ tasksPerMessage: 1, secondsPerInvocation: 1 });
  });

  it('does not follow work that comes and goes every other minute', () => {
    const pool = governed();
    pool.period({ low: { depth: 3000 } });
    pool.period({ low: { depth: 3000 } });
    for (let periods = 0; periods < 20; periods++) {
      expect(pool.period(periods % 2 === 0 ? {} : { low: { depth: 3000 } })).toEqual([2, 2, 10, 2, 2]);
    }
  });

  it('puts everything back once there has been no work for a while', () => {
    const pool = governed();
    pool.period({ low: { depth: 3000 } });
    for (let periods = 0; periods < 5; periods++) pool.period({});
    expect([...pool.max.values()]).toEqual([4, 2, 2, 2, 2]);
  });

  it('leaves alone an event source whose change is under way, and counts with the most that it may ask for', () => {
    const pool = governed();
    pool.broken.add('high');
    pool.period({ low: { depth: 3000 } });
    expect(pool.period({ low: { depth: 3000 } })).toEqual([4, 2, 8, 2, 2]);
    pool.broken.clear();
    pool.period({ low: { depth: 3000 } });
    expect(pool.period({ low: { depth: 3000 } })).toEqual([2, 2, 10, 2, 2]);
  });

  it('only lowers where somebody has raised the event sources beyond what is reserved', () => {
    const pool = governed();
    pool.max.set('high', 100);
    const given = pool.period({ high: { depth: 3000, inFlight: 1000 }, low: { depth: 3000 } });
    expect(given).toEqual([7, 2, 2, 2, 2]);
  });
});

const found = fc.record({ depth: fc.nat({ max: 5000 }), inFlight: fc.nat({ max: 200 }) });
const nothing = fc.constant({ depth: 0, inFlight: 0 });
const work = fc.record({
  high: fc.oneof(nothing, found),
  normal: fc.oneof(nothing, found),
  low: fc.oneof(nothing, found),
  batch: fc.oneof(nothing, found),
  express: fc.oneof(nothing, found),
});
const shares = fc
  .record({
    high: fc.integer({ min: 2, max: 20 }),
    normal: fc.integer({ min: 2, max: 20 }),
    low: fc.integer({ min: 2, max: 20 }),
    batch: fc.integer({ min: 2, max: 20 }),
  })
  .map((all) => ({
    shares: all,
    limits: limitsOf(Math.max(MIN_RESERVED, sum(Object.values(all)))),
  }));

describe('whatever happens, the governor', () => {
  it('never lets event sources ask for more than is reserved, not even while they change, and starves no lane', () => {
    const steps = fc.array(fc.tuple(work, fc.integer({ min: 1, max: 90 }), fc.subarray([...LANE_KINDS])), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(shares, steps, (setting, history) => {
        const pool = governed(setting);
        for (const [step, seconds, unsettled] of history) {
          const was = [...pool.max.values()];
          pool.broken.clear();
          for (const kind of unsettled) pool.broken.add(kind);
          const is = pool.period(step, seconds);
          // They change in whatever order, and some not at all.
          const most = sum(is.map((one, index) => Math.max(one, was[index] ?? 0)));
          expect(most).toBeLessThanOrEqual(setting.limits.reservation);
          for (const one of is) expect(one).toBeGreaterThanOrEqual(2);
        }
      }),
    );
  });

  it('comes to rest while the work stays the same', () => {
    fc.assert(
      fc.property(shares, work, work, (setting, past, present) => {
        const pool = governed(setting);
        for (let periods = 0; periods < 4; periods++) pool.period(past);
        // A lane is raised by a half in each period until it has what it needs, at the most from 2 to 80.
        for (let periods = 0; periods < 30; periods++) pool.period(present);
        const rest = [...pool.max.values()];
        for (let periods = 0; periods < 4; periods++) expect(pool.period(present)).toEqual(rest);
        expect(
          sum(LANE_KINDS.map((kind, index) => (hasWork(present, kind) ? (rest[index] ?? 0) : 0))),
        ).toBeLessThanOrEqual(setting.limits.executors);
      }),
    );
  });
});

const hasWork = (all: Record<LaneKind, Found>, kind: LaneKind): boolean => all[kind].depth + all[kind].inFlight > 0;
