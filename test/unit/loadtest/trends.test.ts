import { describe, expect, test } from 'vitest';
import { percentile, percentilesOf } from '../../../loadtest/scenarios/percentiles.ts';
import { isGrowing, trendOf } from '../../../loadtest/scenarios/trends.ts';

const MB = 2 ** 20;

describe('percentiles', () => {
  test('are the nearest rank, exactly', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentilesOf(hundred)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(percentilesOf([7])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
    expect(percentilesOf([])).toBeUndefined();
  });

  test('order numbers as numbers', () => expect(percentilesOf([9, 10, 100])?.max).toBe(100));

  test('of nothing are nothing', () => expect(percentile([], 0.5)).toBeUndefined());
});

describe('a trend', () => {
  const points = (of: (index: number) => number) =>
    Array.from({ length: 100 }, (_, index) => ({ at: index, value: of(index) }));

  test('compares the last fifth with the first', () => {
    expect(trendOf(points((index) => index))).toEqual({ first: 9, middle: 49, last: 89 });
    expect(
      trendOf(
        points((index) => (index % 10 === 0 ? 50 : 1)),
        'p99',
      ),
    ).toEqual({ first: 50, middle: 50, last: 50 });
  });

  test('of a moment is none', () => expect(trendOf([{ at: 1, value: 1 }])).toBeUndefined());

  test('is a growth of memory only past what an allocator takes at a time, and past a tenth', () => {
    const grown = (first: number, last: number) =>
      isGrowing({ first: first * MB, middle: ((first + last) / 2) * MB, last: last * MB });
    expect(grown(50, 57)).toBe(false);
    expect(grown(50, 59)).toBe(true);
    expect(grown(500, 540)).toBe(false);
  });

  test('is none of memory where it has come in the first half', () => {
    expect(isGrowing({ first: 50 * MB, middle: 69 * MB, last: 70 * MB })).toBe(false);
    expect(isGrowing({ first: 50 * MB, middle: 60 * MB, last: 70 * MB })).toBe(true);
  });
});
