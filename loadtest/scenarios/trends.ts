import { percentilesOf } from './percentiles.ts';

export type Point = { readonly at: number; readonly value: number };

/** How a value at the end of a time compares with that at its begin. */
export type Trend = { readonly first: number; readonly last: number };

/** Of the whole time, on either side: enough to be no accident, and little enough to show a slow change. */
const SHARE = 0.2;

/** The medians of the first and the last fifth of the time that the points span; `undefined` where there are too few. */
export function trendOf(points: readonly Point[], rank: 'p50' | 'p99' = 'p50'): Trend | undefined {
  const from = points.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const to = points.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const part = (to - from) * SHARE;
  const rankOf = (found: readonly Point[]) => percentilesOf(found.map(({ value }) => value))?.[rank];
  const first = rankOf(points.filter(({ at }) => at <= from + part));
  const last = rankOf(points.filter(({ at }) => at >= to - part));
  return part > 0 && first !== undefined && last !== undefined ? { first, last } : undefined;
}

/** Memory has to grow by so much of itself, and by so many bytes, to be called growing: an allocator takes in blocks. */
const GROWTH = { share: 0.1, bytes: 8 * 1024 * 1024 };

export const isGrowing = ({ first, last }: Trend): boolean =>
  last - first > Math.max(GROWTH.bytes, GROWTH.share * first);
