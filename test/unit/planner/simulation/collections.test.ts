import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chart } from '../../../../planner/layout.ts';
import { expectedTasks, type Load, nextArrival, peakTasksPerSecond } from '../../../../planner/simulation/load.ts';
import { Series, Waits } from '../../../../planner/simulation/measures.ts';
import { Agenda, Cohorts } from '../../../../planner/simulation/queues.ts';
import { poisson, seededRandom } from '../../../../planner/simulation/service.ts';
import { MINUTE, SECOND } from '../../../../planner/time.ts';

test('an agenda hands out what happens by moment, and in the order in which it was added', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50 })), (moments) => {
      const agenda = new Agenda<number>();
      moments.forEach((at, index) => {
        agenda.add(at, index);
      });
      const seen: [number, number][] = [];
      for (let next = agenda.next(); next !== undefined; next = agenda.next()) {
        for (const event of next.events) seen.push([next.at, event]);
      }
      const expected = moments.map((at, index): [number, number] => [at, index]).sort(([a], [b]) => a - b);
      expect(seen).toEqual(expected);
    }),
  );
});

test('an agenda hands out what is added for the moment that is played once it is asked again', () => {
  const agenda = new Agenda<string>();
  agenda.add(5, 'first');
  expect(agenda.next()).toEqual({ at: 5, events: ['first'] });
  agenda.add(5, 'again');
  agenda.add(4, 'late');
  expect(agenda.next()).toEqual({ at: 4, events: ['late'] });
  expect(agenda.next()).toEqual({ at: 5, events: ['again'] });
  expect(agenda.next()).toBeUndefined();
});

test('cohorts are taken first in, first out, and none is lost', () => {
  const cohorts = new Cohorts();
  for (let at = 0; at < 3_000; at++) cohorts.push(at, 2);
  const seen: number[] = [];
  while (cohorts.tasks > 0) {
    cohorts.take(7, (at, tasks) => seen.push(...Array<number>(tasks).fill(at)));
  }
  expect(seen).toEqual(Array.from({ length: 6_000 }, (_, index) => Math.floor(index / 2)));
});

describe('waits', () => {
  test('have percentiles that are waits which have happened', () => {
    const waits = new Waits();
    for (let wait = 1; wait <= 100; wait++) waits.add(wait, 1);
    expect(waits.summary()).toEqual({ mean: 50.5, p50: 50, p95: 95, p99: 99, max: 100 });
  });

  test('of nothing are none', () => {
    expect(new Waits().summary()).toBeUndefined();
  });
});

test('a series keeps its area when its steps become longer', () => {
  const series = new Series();
  series.set(2, 0);
  series.set(4, 300 * SECOND);
  series.set(0, 5_000 * SECOND);
  expect(series.step).toBeGreaterThan(SECOND);
  expect(series.area(5_000 * SECOND)).toBe((2 * 300 + 4 * 4_700) * SECOND);
  expect(series.max).toBe(4);
  expect(series.means()[0]).toBe(2);
});

test('a chart fills its rows at the highest value', () => {
  expect(chart([0, 1, 2, 4], 4, 2)).toEqual(['   █', ' ▄██']);
  expect(chart([], 4, 1)).toEqual(['']);
  expect(chart([1, 9, 1, 1], 2, 1)).toEqual(['█▁']);
});

describe('a load', () => {
  const load: Load = {
    tasksPerSecond: 20,
    lasting: 10 * MINUTE,
    spikes: [{ factor: 10, from: MINUTE, to: 2 * MINUTE }],
    backlog: 100,
    mix: { normal: 1 },
    bulk: 1,
  };

  test('is as much as its rate, its spikes and its backlog make', () => {
    expect(expectedTasks(load)).toBe(20 * 9 * 60 + 200 * 60 + 100);
    expect(peakTasksPerSecond(load)).toBe(200);
  });

  test.each([1, 40_000])('arrives as such, in steps of %d µs', (tick) => {
    const random = seededRandom(5);
    const counted = { before: 0, during: 0, after: 0 };
    for (let next = nextArrival(load, 1, 0, tick, random); next; next = nextArrival(load, 1, next.at, tick, random)) {
      const when = next.at <= MINUTE ? 'before' : next.at <= 2 * MINUTE ? 'during' : 'after';
      counted[when] += next.tasks;
    }
    expect(Math.abs(counted.before - 1_200)).toBeLessThan(4 * Math.sqrt(1_200));
    expect(Math.abs(counted.during - 12_000)).toBeLessThan(4 * Math.sqrt(12_000));
    expect(Math.abs(counted.after - 9_600)).toBeLessThan(4 * Math.sqrt(9_600));
  });

  test.each([0.5, 20, 500])('has counts of mean and variance %d', (mean) => {
    const random = seededRandom(3);
    const counts = Array.from({ length: 4_000 }, () => poisson(mean, random));
    const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - average) ** 2, 0) / counts.length;
    expect(average / mean).toBeCloseTo(1, 1);
    expect(variance / mean).toBeCloseTo(1, 1);
  });
});
