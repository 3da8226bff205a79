import { percentilesOf } from './percentiles.ts';

export type Point = { readonly at: number; readonly value: number };

/** How a value at the end of a time compares with that at its begin, and in the middle. */
export type Trend = { readonly first: number; readonly middle: number; readonly last: number };

/** Of the whole time, on either side: enough to be no accident, and little enough to show a slow change. */
const SHARE = 0.2;

/** The medians of the first fifth, the third and the last of the time that the points span; `undefined` where there are too few. */
export function trendOf(points: readonly Point[], rank: 'p50' | 'p99' = 'p50'): Trend | undefined {
  const from = points.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const to = points.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY);
  const part = (to - from) * SHARE;
  const rankOf = (found: readonly Point[]) => percentilesOf(found.map(({ value }) => value))?.[rank];
  const first = rankOf(points.filter(({ at }) => at <= from + part));
  const middle = rankOf(points.filter(({ at }) => at >= from + 2 * part && at <= to - 2 * part));
  const last = rankOf(points.filter(({ at }) => at >= to - part));
  if (part === 0 || first === undefined || middle === undefined || last === undefined) return undefined;
  return { first, middle, last };
}

/** Memory has to grow by so much of itself, and by so many bytes, to be called growing: an allocator takes in blocks. */
const GROWTH = { share: 0.1, bytes: 8 * 1024 * 1024 };
/** What is lost goes on being lost: half of it in the second half of the time. What warms up has most of its growth in the first. */
const LATE = 0.25;

export const isGrowing = ({ first, middle, last }: Trend): boolean =>
  last - first > Math.max(GROWTH.bytes, GROWTH.share * first) && last - middle > LATE * (last - first);
