import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { DeployConfig } from '../config.ts';
import type { TaskMetadata } from '../task-metadata.ts';
import { isWatched } from './alarms.ts';
import { DeploymentMetrics } from './deployment-metrics.ts';
import { serviceWatches } from './service-watches.ts';
import { taskWatches } from './task-watches.ts';

/** Counts the metrics that the alarms of a deployment look at, as CloudWatch bills them: one as often as alarms look at it. */
export function alarmMetricsOf(config: DeployConfig, definitions: readonly Pick<TaskMetadata, 'type'>[]): number {
  if (!isWatched(config)) return 0;
  const metrics = new DeploymentMetrics(config, 'api');
  const tables = {
    tasks: Array.from({ length: config.tableShards }, (_, shard) => ({ tableName: `tasks-${shard}` })),
    control: { tableName: 'control' },
    statistics: { tableName: 'statistics' },
  };
  const watches = [...serviceWatches(config, tables, metrics), ...taskWatches(config, definitions, metrics)];
  return watches.reduce((sum, { metric }) => sum + metricsIn(metric), 0);
}

const metricsIn = (metric: IMetric): number =>
  metric instanceof MathExpression
    ? Object.values(metric.usingMetrics).reduce((sum, part) => sum + metricsIn(part), 0)
    : 1;
