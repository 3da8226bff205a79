import { mapConcurrently } from '../core/concurrency.ts';
import type { Log, Statistics } from '../core/ports.ts';
import { contributionsOf } from '../core/statistics.ts';
import type { TaskChange } from '../core/task/task-change.ts';
import type { StepPrices } from '../metrics.ts';

export type StatisticsPorts = {
  readonly statistics: Statistics;
  readonly prices: StepPrices;
  readonly log: Log;
};

/** So many writes are under way at a time. */
const PARALLEL = 20;

/** Adds changes of one shard to the statistics, with one write for each row; returns those that a row did not take. */
export async function updateStatistics(
  shard: string,
  changes: readonly TaskChange[],
  { statistics, prices, log }: StatisticsPorts,
): Promise<ReadonlySet<TaskChange>> {
  const entries = changes.flatMap((change) =>
    contributionsOf(change, prices).map((contribution) => ({ change, contribution })),
  );
  const rows = [...Map.groupBy(entries, ({ contribution }) => JSON.stringify(contribution.row)).values()];
  const left = await mapConcurrently(rows, PARALLEL, async (group) => {
    const contributions = group.map(({ contribution }) => contribution);
    const [first] = contributions;
    if (first === undefined) return [];
    try {
      await statistics.add(shard, first.row, contributions);
      return [];
    } catch (error) {
      log('warn', 'statistics write failed: their batch will come again', {
        changes: group.length,
        row: first.row,
        reason: String(error),
      });
      return group.map(({ change }) => change);
    }
  });
  return new Set(left.flat());
}
