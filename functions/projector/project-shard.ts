import type { TaskChange } from '../core/task/task-change.ts';
import { indexTags, type TagPorts } from './index-tags.ts';
import { type DeliveryPorts, makeDeliveries } from './make-deliveries.ts';
import { type MetricsPorts, recordMetrics } from './record-metrics.ts';
import { type StatisticsPorts, updateStatistics } from './update-statistics.ts';

type ProjectionPorts = StatisticsPorts & MetricsPorts & DeliveryPorts & TagPorts;

/**
 * Counts changes of one shard, in the statistics and for the dashboards, lists tasks by their tags, and has the ends among them told;
 * returns those that have to come again. The batch comes again from the first of these on, so that what follows it is recorded then.
 */
export async function projectShard(
  shard: string,
  changes: readonly TaskChange[],
  ports: ProjectionPorts,
): Promise<ReadonlySet<TaskChange>> {
  const uncounted = await updateStatistics(shard, changes, ports);
  const unlisted = await indexTags(changes, ports);
  const left = new Set([...uncounted, ...unlisted, ...(await makeDeliveries(changes, ports))]);
  const firstLeft = changes.findIndex((change) => left.has(change));
  await recordMetrics(firstLeft === -1 ? changes : changes.slice(0, firstLeft), ports);
  return left;
}
