/**
 * How often durations fell into buckets that grow by a constant factor: a DDSketch (Masson, Rim, Lee, "DDSketch", VLDB
 * 2019). Sketches merge by adding up, so a table can do it without reading them first.
 */
export type DurationSketch = ReadonlyMap<number, number>;

/** A percentile is at most this part away from the duration that has its rank, and half a millisecond for rounding. */
export const RELATIVE_ERROR = 0.02;

const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

/** The bucket of a duration in milliseconds: 0 for those below one, and k for those in (GROWTH^(k-2), GROWTH^(k-1)]. */
export const bucketOf = (milliseconds: number): number =>
  milliseconds < 1 ? 0 : 1 + Math.ceil(Math.log(milliseconds) / Math.log(GROWTH));

/** The duration whose relative distance to both ends of a bucket is the same. */
const durationOf = (bucket: number): number => (bucket === 0 ? 0 : (2 * GROWTH ** (bucket - 1)) / (1 + GROWTH));

/**
 * The duration in whole milliseconds that the part `rank` (above 0, up to 1) of all durations does not exceed;
 * `undefined` of a sketch that has none.
 */
export function percentileOf(sketch: DurationSketch, rank: number): number | undefined {
  const buckets = [...sketch].toSorted(([a], [b]) => a - b);
  const durations = buckets.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  const found = buckets.find(([, count]) => {
    below += count;
    return below >= rank * durations;
  });
  return found === undefined ? undefined : Math.round(durationOf(found[0]));
}
