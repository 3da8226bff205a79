import { type STREAM_PACES, STREAM_WINDOW_SECONDS } from '../lib/constructs/projector.ts';
import { NEW_TABLE_WRITE_UNITS, PARTITION_WRITE_UNITS } from './documented-limits.ts';

/** What is written to the task tables: records of their streams, and at how many moments they come. */
export type Changes = { readonly records: number; readonly moments: number; readonly seconds: number };

/** Each partition of a table has a shard of its stream; a new table takes as many units as four of them. */
const SHARDS_OF_TABLE = NEW_TABLE_WRITE_UNITS / PARTITION_WRITE_UNITS;

/**
 * How often a function is called that reads the streams of so many tables. A batch is what comes within a window of its
 * first record, or as many records as it may have.
 */
export function streamBatches(
  { records, moments, seconds }: Changes,
  tables: number,
  { batchSize, parallelizationFactor }: (typeof STREAM_PACES)[keyof typeof STREAM_PACES],
): number {
  const readers = tables * SHARDS_OF_TABLE * parallelizationFactor;
  const momentsPerSecond = moments / seconds / readers;
  const inTime = momentsPerSecond / (1 + momentsPerSecond * STREAM_WINDOW_SECONDS);
  return Math.max(records / batchSize, seconds * readers * inTime);
}
