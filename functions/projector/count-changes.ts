import type { TaskChange } from '../core/task/task-change.ts';
import { type MetricsPorts, recordMetrics } from './record-metrics.ts';
import { type StatisticsPorts, updateStatistics } from './update-statistics.ts';

/**
 * Counts changes of one shard, in the statistics and for the dashboards; returns those that have to come again. The batch comes
 * again from the first of these on, so that what follows it is recorded then.
 */
export async function countChanges(
  shard: string,
  changes: readonly TaskChange[],
  ports: StatisticsPorts & MetricsPorts,
): Promise<ReadonlySet<TaskChange>> {
  const left = await updateStatistics(shard, changes, ports);
  const firstLeft = changes.findIndex((change) => left.has(change));
  await recordMetrics(firstLeft === -1 ? changes : changes.slice(0, firstLeft), ports);
  return left;
}
