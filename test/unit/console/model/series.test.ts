import { describe, expect, test } from 'vitest';
import type { Statistics } from '../../../../console/api/statistics.ts';
import {
  type CostGroup,
  costPlot,
  lonePlaces,
  minutesOfStep,
  percentilePlot,
  throughputPlot,
} from '../../../../console/model/series.ts';

const counts = { accepted: 3, succeeded: 2, failed: 1, cancelled: 0, retried: 0 };
const none = { waitMilliseconds: null, runMilliseconds: null, cost: { usd: 0, computeUsd: 0 } };

const statistics: Statistics = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-01-01T00:04:00.000Z',
  total: { ...counts, ...none },
  byType: [],
  items: [
    { minute: '2026-01-01T00:01:00.000Z', ...counts, ...none },
    {
      minute: '2026-01-01T00:03:00.000Z',
      ...counts,
      ...none,
      accepted: 0,
      waitMilliseconds: { p50: 10, p95: 20, p99: 30 },
      runMilliseconds: { p50: 0, p95: 0, p99: 5 },
    },
  ],
};
const valuesOf = ({ series }: ReturnType<typeof throughputPlot>) =>
  Object.fromEntries(series.map(({ label, values }) => [label, values]));

describe('a plot', () => {
  test('has every minute, with none of what the API does not mention', () => {
    const plot = throughputPlot(statistics);
    expect(plot.times).toEqual([0, 60, 120, 180].map((seconds) => Date.UTC(2026, 0, 1) / 1000 + seconds));
    expect(valuesOf(plot)).toEqual({ accepted: [0, 3, 0, 0], succeeded: [0, 2, 0, 2], failed: [0, 1, 0, 1] });
  });

  test('of durations has a gap where nothing was measured', () => {
    expect(valuesOf(percentilePlot(statistics, 'waitMilliseconds'))).toEqual({
      p50: [null, null, null, 10],
      p95: [null, null, null, 20],
      p99: [null, null, null, 30],
    });
    expect(valuesOf(percentilePlot(statistics, 'runMilliseconds')).p99).toEqual([null, null, null, 5]);
  });

  test('tells its lines apart without their colours', () => {
    for (const { series } of [throughputPlot(statistics), percentilePlot(statistics, 'runMilliseconds')]) {
      expect(new Set(series.map(({ dash }) => String(dash))).size).toBe(series.length);
    }
  });
});

describe('a plot of costs', () => {
  const group = (label: string, ...usd: readonly number[]): CostGroup => ({
    label,
    cost: { usd: usd.reduce((sum, one) => sum + one, 0), computeUsd: 0 },
    costs: usd.map((one, minute) => ({ minute: `2026-01-01T00:0${minute}:00.000Z`, usd: one })),
  });

  test('has lines of those that cost most, and one of all others that cost anything', () => {
    const groups = [group('none', 0), group('b', 0, 4e-6), group('a', 5e-6, 5e-6), group('c', 3e-6), group('d', 1e-6)];
    expect(valuesOf(costPlot(statistics, [...groups, group('e', 0, 0, 0, 1e-6)]))).toEqual({
      a: [5, 5, 0, 0],
      b: [0, 4, 0, 0],
      c: [3, 0, 0, 0],
      others: [1, 0, 0, 1],
    });
    expect(costPlot(statistics, [group('none', 0)]).series).toEqual([]);
  });

  test('adds minutes up to steps where there are many', () => {
    const day = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' };
    const { times, series } = costPlot(day, [group('a', 1e-6, 2e-6)]);
    expect([times.length, series[0]?.values.slice(0, 2)]).toEqual([96, [3, 0]]);
    // The last minute is a whole one, though it is not over.
    expect(minutesOfStep({ ...day, to: '2026-01-02T00:01:00.000Z' })).toBe(15);
  });
});

test.each([
  [[null, 10, null], [1]],
  [
    [10, null, null, 20],
    [0, 3],
  ],
  [[0], [0]],
  [[null, 10, 20, null, 30], [4]],
  [[null, 10, 20], []],
  [[undefined, 0, undefined], [1]],
  [[], []],
])('the lone values of %j are at %j', (values, places) => {
  expect(lonePlaces(values)).toEqual(places);
});
