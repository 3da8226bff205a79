import { describe, expect, test } from 'vitest';
import type { Statistics } from '../../../../console/api/statistics.ts';
import { lonePlaces, percentilePlot, throughputPlot } from '../../../../console/model/series.ts';

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
