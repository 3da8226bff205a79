import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SHARED_LANE_KINDS } from '../../../../functions/contract.ts';
import type { Control } from '../../../../planner/simulation/governor.ts';
import { simulate } from '../../../../planner/simulation/simulate.ts';
import { WRITE_TARGETS } from '../../../../planner/simulation/table-writes.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../../../planner/time.ts';
import { FILLING, normalLane, scenario } from '../scenarios.ts';

describe('a small case is exact', () => {
  test('8 tasks of a second on 4 executors: half of them wait for a second', () => {
    const simulation = simulate(scenario({ load: { backlog: 8 } }));
    expect(simulation.lasted).toBe(2 * SECOND);
    expect(normalLane(simulation).waits).toEqual({ mean: SECOND / 2, p50: 0, p95: SECOND, p99: SECOND, max: SECOND });
  });

  test('batches: 25 tasks, 10 at a time in each of two executors, take a second and then another', () => {
    const simulation = simulate(
      scenario({
        load: { backlog: 25 },
        lanes: { high: 2, normal: 2, low: 2, batch: 2 },
        batchSize: 10,
        service: { concurrencyPerInvocation: 10 },
      }),
    );
    expect(simulation.lasted).toBe(2 * SECOND);
    expect(normalLane(simulation)).toMatchObject({ ended: 25, invocations: 3, waits: { p50: 0, max: SECOND } });
  });

  test('a message of 20 tasks that runs 10 at a time starts the second half after the first', () => {
    const simulation = simulate(
      scenario({ load: { backlog: 20 }, batchSize: 20, service: { concurrencyPerInvocation: 10 } }),
    );
    expect(simulation.lasted).toBe(2 * SECOND);
    expect(normalLane(simulation)).toMatchObject({ invocations: 1, waits: { p50: 0, max: SECOND } });
  });

  test('cold starts and deliveries are waited for, once for each environment; overheads lengthen every task', () => {
    const simulation = simulate(
      scenario({
        load: { backlog: 8 },
        service: { coldStart: 500 * MILLISECOND, delivery: 20 * MILLISECOND, overhead: 100 * MILLISECOND },
      }),
    );
    expect(simulation.environmentsMade).toBe(4);
    expect(simulation.lasted).toBe(500 * MILLISECOND + 2 * 1100 * MILLISECOND);
    expect(normalLane(simulation).waits).toMatchObject({
      p50: 520 * MILLISECOND,
      max: (500 + 1100 + 20) * MILLISECOND,
    });
  });

  test('an event source begins with five batches and asks for five more each second', () => {
    const lanes = { high: 2, normal: 100, low: 2, batch: 2 };
    const simulation = simulate(
      scenario({ load: { backlog: 100 }, lanes, reserved: 106, service: { duration: MINUTE } }),
    );
    // After so many seconds 5 + 5 a second are under way: the last of 100 begins after 19 s.
    expect(normalLane(simulation).waits).toMatchObject({ p50: 9 * SECOND, max: 19 * SECOND });
  });

  test('Lambda makes 1,000 environments at once and 100 a second after that', () => {
    const simulation = simulate(
      scenario({
        load: { backlog: 2_000 },
        // This is as if its event source had grown already.
        control: { period: MINUTE, decide: () => new Map([['normal', { maximumConcurrency: 2_000, admits: true }]]) },
        lanes: { high: 2, normal: 2_000, low: 2, batch: 2 },
        reserved: 2_006,
        service: { duration: 600 * SECOND },
      }),
    );
    expect(simulation.environmentsMade).toBe(2_000);
    // The event source is the slower of the two: 5 + 5 a second.
    expect(normalLane(simulation).waits?.max).toBe(399 * SECOND);
    expect(simulation.lambdaThrottles).toBe(0);
  });
});

describe('the limits of the table', () => {
  test('hold attempts back: at 2 units each, 4,000 units a second begin 2,000 of them', () => {
    const lanes = { high: 2, normal: 1_000, low: 2, batch: 2 };
    const simulation = simulate(
      scenario({
        load: { backlog: 200_000 },
        lanes,
        reserved: 1_006,
        batchSize: 10,
        service: { concurrencyPerInvocation: 10, duration: 100 * MILLISECOND },
        writes: WRITE_TARGETS,
      }),
    );
    expect(normalLane(simulation).ended).toBe(200_000);
    expect(simulation.lasted / SECOND).toBeGreaterThan(98);
    expect(simulation.lasted / SECOND).toBeLessThan(112);
  });

  test('throttle submits beyond them, whose tasks run all the same', () => {
    const load = { tasksPerSecond: 5_000, lasting: 10 * SECOND, bulk: 100 };
    const service = { duration: MILLISECOND, concurrencyPerInvocation: 100 };
    const simulation = simulate(scenario({ load, service, batchSize: 100, writes: WRITE_TARGETS }));
    expect(normalLane(simulation)).toMatchObject({ refused: 0, waiting: 0, running: 0 });
    expect(simulation.writes.find(({ name }) => name === 'index byType')?.throttledUnits).toBeGreaterThan(1_000);
  });
});

describe('whatever comes', () => {
  const loads = fc.record({
    tasksPerSecond: fc.integer({ min: 0, max: 60 }),
    lasting: fc.integer({ min: 0, max: 300 }).map((seconds) => seconds * SECOND),
    backlog: fc.integer({ min: 0, max: 2_000 }),
    spikes: fc.constantFrom([], [{ factor: 10, from: 20 * SECOND, to: 40 * SECOND }]),
    bulk: fc.constantFrom(1, 7, 100),
    mix: fc.constantFrom({ normal: 1 }, { high: 0.1, normal: 0.5, low: 0.4 }, { batch: 0.5, low: 0.5 }),
  });
  const services = fc.record({
    duration: fc.integer({ min: 1, max: 3_000 }).map((milliseconds) => milliseconds * MILLISECOND),
    spread: fc.constantFrom<'fixed' | 'exponential'>('fixed', 'exponential'),
    coldStart: fc.constantFrom(0, 800 * MILLISECOND),
    concurrencyPerInvocation: fc.constantFrom(1, 2, 10),
  });
  /** Changes its mind each minute, about everything. */
  const capricious: Control = {
    period: MINUTE,
    decide: (_, now) => {
      const isOdd = (now / MINUTE) % 2 === 1;
      return new Map(SHARED_LANE_KINDS.map((kind) => [kind, { maximumConcurrency: isOdd ? 2 : 4, admits: !isOdd }]));
    },
  };

  test('every task that was submitted is refused or ends', () => {
    const arbitrary = fc.record({
      ...{ load: loads, service: services, seed: fc.nat() },
      batchSize: fc.constantFrom(1, 10),
      filling: fc.constantFrom(undefined, FILLING),
    });
    fc.assert(
      fc.property(arbitrary, (beside) => {
        const simulation = simulate(scenario({ ...beside, control: capricious, writes: WRITE_TARGETS }));
        for (const { submitted, refused, ended, waiting, running } of simulation.lanes) {
          expect({ ended, waiting, running }).toEqual({ ended: submitted - refused, waiting: 0, running: 0 });
        }
      }),
      { numRuns: 40 },
    );
  });

  test('executors that are reserved for less than its lanes ask for throttle them, and all goes on', () => {
    const simulation = simulate(scenario({ load: { backlog: 100, mix: { high: 0.5, normal: 0.5 } }, reserved: 5 }));
    expect(simulation.lanes.reduce((sum, { ended }) => sum + ended, 0)).toBe(100);
    expect(simulation.environmentsMade).toBe(5);
    expect(simulation.lambdaThrottles).toBeGreaterThan(0);
  });

  test('no lane has more executors than it may, nor all together more than are reserved', () => {
    const simulation = simulate(
      scenario({ load: { tasksPerSecond: 50, lasting: MINUTE, mix: { high: 0.5, low: 0.5 } } }),
    );
    const peaks = Object.fromEntries(simulation.lanes.map(({ kind, executors }) => [kind, executors.max]));
    expect(peaks).toEqual({ high: 4, normal: 0, low: 2, batch: 0 });
    expect(simulation.environmentsMade).toBe(6);
  });

  test('the same seed plays the same, another seed another', () => {
    const play = (seed: number) => simulate(scenario({ load: { tasksPerSecond: 3, lasting: MINUTE }, seed })).lanes;
    expect(play(7)).toEqual(play(7));
    expect(play(7)).not.toEqual(play(8));
  });

  test('a lane that is closed refuses, and takes tasks again when it opens', () => {
    const simulation = simulate(scenario({ load: { tasksPerSecond: 4, lasting: 4 * MINUTE }, control: capricious }));
    const lane = normalLane(simulation);
    expect(lane.closures).toEqual([
      { from: MINUTE, to: 2 * MINUTE },
      { from: 3 * MINUTE, to: undefined },
    ]);
    expect(lane.refused / lane.submitted).toBeCloseTo(0.5, 1);
  });

  test('API Gateway refuses what is more than 10,000 requests a second and a burst', () => {
    const load = { tasksPerSecond: 20_000, lasting: 10 * SECOND };
    const service = { duration: MILLISECOND, concurrencyPerInvocation: 1_000 };
    const simulation = simulate(scenario({ load, service, batchSize: 1_000 }));
    const lane = normalLane(simulation);
    expect(lane.submitted - lane.refused).toBeLessThanOrEqual(10_000 * 10 + 5_000);
    expect(simulation.apiThrottles).toBe(lane.refused);
  });
});

describe('by the theory of queues', () => {
  /** Returns the share of tasks that wait for c servers, with arrivals and durations exponential (Erlang C). */
  function erlangC(servers: number, load: number): number {
    let blocked = 1;
    for (let count = 1; count <= servers; count++) blocked = (load * blocked) / (count + load * blocked);
    return blocked / (1 - (load / servers) * (1 - blocked));
  }

  test.each([
    [4, 0.8],
    [2, 0.5],
    [4, 0.9],
  ])('%d executors that are busy for %d of their time: the mean wait is Erlang’s', (servers, utilization) => {
    const load = { tasksPerSecond: servers * utilization, lasting: 25_000 * SECOND };
    const lanes = { high: 2, normal: servers, low: 2, batch: 2 };
    const { waits } = normalLane(simulate(scenario({ load, lanes, service: { spread: 'exponential' } })));
    const expected = erlangC(servers, servers * utilization) / (servers * (1 - utilization));
    expect((waits?.mean ?? 0) / SECOND / expected).toBeGreaterThan(0.9);
    expect((waits?.mean ?? 0) / SECOND / expected).toBeLessThan(1.1);
  });

  test('a higher rate never waits less', () => {
    const means = [1, 2, 3, 3.5, 3.8, 4.5].map((tasksPerSecond) => {
      const load = { tasksPerSecond, lasting: 3_000 * SECOND };
      return normalLane(simulate(scenario({ load, service: { spread: 'exponential' } }))).waits?.mean ?? 0;
    });
    expect(means).toEqual(means.toSorted((a, b) => a - b));
  });
});

describe('a large case', () => {
  test('of 1,000,000 waiting tasks is played in seconds, and takes as long as it must', () => {
    const began = performance.now();
    const simulation = simulate(
      scenario({ load: { backlog: 1_000_000 }, batchSize: 10, service: { concurrencyPerInvocation: 10 } }),
    );
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(normalLane(simulation).ended).toBe(1_000_000);
    expect(simulation.lasted / SECOND / (1_000_000 / 40)).toBeCloseTo(1, 2);
  });

  test('in steps of time agrees with task by task', () => {
    const play = (seconds: number) =>
      simulate(
        scenario({
          load: { tasksPerSecond: 90, lasting: seconds * SECOND },
          batchSize: 10,
          service: { spread: 'exponential', duration: 100 * MILLISECOND, concurrencyPerInvocation: 10 },
        }),
      );
    const exact = play(1_100);
    const stepped = play(1_120);
    expect(exact.tick).toBe(1);
    expect(stepped.tick).toBeGreaterThan(MILLISECOND);
    const [mean = 0, about = 0] = [exact, stepped].map((simulation) => normalLane(simulation).waits?.mean);
    expect(Math.abs(mean - about)).toBeLessThan(stepped.tick);
  });
});
