import type { StepPrices } from '../metrics.ts';
import { WEBHOOK_TYPE } from '../resource-classes.ts';
import { type Cost, costOfChange } from './task/cost.ts';
import type { TenantId } from './task/ids.ts';
import { isFinished, type Task } from './task/task.ts';
import { formerOf, type TaskChange, transitionsOf } from './task/task-change.ts';

type DurationName = 'wait' | 'run';

/**
 * Sums by name: transitions by what they are, `open` for the tasks that are open, `wait_<bucket>` and `run_<bucket>`, and what they
 * cost in `nanodollars` and `computeNanodollars`.
 */
export type Tally = Readonly<Record<string, number>>;

/** A row of the statistics sums up a type's minute (milliseconds since the epoch), or all there is of a tenant. */
export type StatisticsRow =
  | { readonly tenantId: TenantId; readonly type: string; readonly minute: number }
  | { readonly tenantId: TenantId };

/** What one change of a task adds to a row. */
export type Contribution = {
  readonly row: StatisticsRow;
  /** The change's own: up to 40 digits (DynamoDB Streams API reference), which grow within a shard of the stream. */
  readonly sequenceNumber: string;
  /** When the change was made, in milliseconds since the epoch. */
  readonly at: number;
  readonly tally: Tally;
  /** The task's type, for a tenant's row: that keeps which types it has had, so that their minutes are found. */
  readonly type?: string;
};

export const MINUTE = 60_000;
export const minuteOf = (milliseconds: number): number => Math.floor(milliseconds / MINUTE) * MINUTE;

/** Returns what a change, whose id is its sequence number, adds to the statistics: mostly to one row or to two. */
export function contributionsOf(taskChange: TaskChange, prices: StepPrices): Contribution[] {
  const { id, at, after, usage } = taskChange;
  if (after === undefined) return [];
  const { tenantId, type } = after;
  const former = formerOf(taskChange, after);
  const open = Number(isOpen(after)) - Number(isOpen(former));
  // A receiver that is down for a day must not keep its tenant from submitting.
  const limited = type === WEBHOOK_TYPE ? 0 : open;
  const change = { sequenceNumber: id, at };
  const tally = { ...transitionOf(former, after), ...costTally(costOfChange(former, after, at, usage, prices)) };
  return [
    ...(Object.keys(tally).length === 0 ? [] : [{ row: { tenantId, type, minute: minuteOf(at) }, ...change, tally }]),
    ...(open === 0 ? [] : [{ row: { tenantId }, ...change, tally: { open: limited }, type }]),
  ];
}

/** What costs nothing is no part of a row. */
const costTally = (cost: Cost): Tally => Object.fromEntries(Object.entries(cost).filter(([, amount]) => amount > 0));

const isOpen = (task: Task | undefined): boolean => task !== undefined && !isFinished(task);

/** Counts what happened to a task between its `former` state and that `after` it. A fan-out is no transition that is counted. */
function transitionOf(former: Task | undefined, after: Task): Tally {
  const counted = transitionsOf(former, after).filter((transition) => transition !== 'fannedOut');
  return {
    ...Object.fromEntries(counted.map((transition) => [transition, 1])),
    ...(after.status === 'running' && after.attempt === 1 && counted.includes('started')
      ? durationIn('wait', waitOf(after))
      : {}),
    ...(former?.status === 'running' && isFinished(after)
      ? durationIn('run', after.finishedAt - former.startedAt)
      : {}),
  };
}

const waitOf = (task: Extract<Task, { status: 'running' }>): number =>
  task.startedAt - Math.max(task.createdAt, task.runAt ?? 0);

const durationIn = (name: DurationName, milliseconds: number): Tally => ({
  [`${name}_${durationBucketOf(milliseconds)}`]: 1,
});

/** Returns where a change is in its shard: texts of one length sort as their sequence numbers do. */
export const placeOf = ({ sequenceNumber }: Contribution): string => sequenceNumber.padStart(40, '0');

/** Returns what is later than the place up to which a row has `seen` a shard, in order. */
export const unseen = (contributions: readonly Contribution[], seen: string | undefined): Contribution[] =>
  contributions
    .filter((one) => seen === undefined || placeOf(one) > seen)
    .toSorted((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));

/** Adds tallies up. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = new Map<string, number>();
  for (const tally of tallies) {
    for (const [name, amount] of Object.entries(tally)) sum.set(name, (sum.get(name) ?? 0) + amount);
  }
  return Object.fromEntries(sum);
}

/** Returns the sketch of one kind of duration within a tally. */
export const sketchOf = (tally: Tally, name: DurationName): DurationSketch =>
  new Map(
    Object.entries(tally)
      .filter(([key]) => key.startsWith(`${name}_`))
      .map(([key, count]) => [Number(key.slice(name.length + 1)), count]),
  );

/**
 * How often durations fell into buckets that grow by a constant factor: a DDSketch (Masson, Rim, Lee, "DDSketch", VLDB
 * 2019). Sketches merge by adding up, so a table can do it without reading them first.
 */
export type DurationSketch = ReadonlyMap<number, number>;

/** A percentile differs at most by this part, and by half a millisecond for rounding, from the duration that has its rank. */
export const RELATIVE_ERROR = 0.02;

const GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

/** Returns the bucket of a duration in milliseconds: 0 for those below one, and k for those in (GROWTH^(k-2), GROWTH^(k-1)]. */
export const durationBucketOf = (milliseconds: number): number =>
  milliseconds < 1 ? 0 : 1 + Math.ceil(Math.log(milliseconds) / Math.log(GROWTH));

/** Returns the duration whose relative distance to both ends of a bucket is the same. */
const durationOf = (bucket: number): number => (bucket === 0 ? 0 : (2 * GROWTH ** (bucket - 1)) / (1 + GROWTH));

/**
 * Returns the duration in whole milliseconds that the part `rank` (above 0, up to 1) of all durations does not exceed;
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
