import {
  INVOCATION_MARGIN_SECONDS,
  LANE_KINDS,
  LANE_OBJECTIVE_SECONDS,
  type LaneKind,
  type ResourceClass,
} from '../../functions/contract.ts';
import { classOf } from '../../functions/resource-classes.ts';
import type { TaskMetadata } from '../task-metadata.ts';
import { nameOfShard, type Watch, type WatchedConfig } from './alarms.ts';
import { type DeploymentMetrics, FIVE_MINUTES, percentOf } from './deployment-metrics.ts';
import { deadLetterQueueName } from './executor-pool.ts';
import { projectorDeadLetterQueueName } from './projector.ts';

/** Watches whether tasks get on: in each lane, in each class, of each type. */
export const taskWatches = (
  config: WatchedConfig,
  definitions: readonly Pick<TaskMetadata, 'type'>[],
  metrics: DeploymentMetrics,
): Watch[] => [
  ...Object.keys(config.classes).flatMap((resourceClass) => classWatches(resourceClass, config, metrics)),
  {
    heading: 'Dead letters',
    of: 'projector',
    metric: metrics.queue('ApproximateNumberOfMessagesVisible', projectorDeadLetterQueueName(config)),
    above: 0,
    minutes: 1,
  },
  ...Object.keys(config.classes).flatMap((resourceClass) =>
    LANE_KINDS.flatMap((kind) => laneWatches(resourceClass, kind, config, metrics)),
  ),
  ...definitions.map(({ type }) => ({
    heading: 'Execution time',
    of: type,
    // Milliseconds would not do: a timeout can be changed without a deploy, and what an alarm compares with cannot.
    metric: metrics.own('timeoutUse', [type], 'p99', FIVE_MINUTES),
    above: config.alarms.executionPercent,
    minutes: 5,
  })),
];

function classWatches(resourceClass: ResourceClass, config: WatchedConfig, metrics: DeploymentMetrics): Watch[] {
  const { alarms } = config;
  const count = (metric: 'platformFailed' | 'succeeded' | 'failed') =>
    metrics.own(metric, [resourceClass], 'Sum', FIVE_MINUTES);
  return [
    {
      heading: 'Dead letters',
      of: resourceClass,
      metric: metrics.queue('ApproximateNumberOfMessagesVisible', deadLetterQueueName(config, resourceClass)),
      above: 0,
      minutes: 1,
    },
    {
      heading: 'Platform failures',
      of: resourceClass,
      // Five minutes count as one: a task alone on its lane comes back, and fails again, only every other minute or later.
      metric: count('platformFailed'),
      above: 0,
      minutes: 5,
    },
    {
      heading: 'Task errors',
      of: resourceClass,
      metric: percentOf(count('failed'), [count('succeeded'), count('failed')], FIVE_MINUTES),
      above: alarms.errorPercent,
      minutes: 10,
    },
    {
      heading: 'Queue depth',
      of: resourceClass,
      // The governor tells it, since SQS counts messages, and one of a bulk submit holds up to a hundred tasks.
      metric: metrics.own('waitingPerExecutor', [resourceClass], 'Maximum'),
      above: alarms.waitingPerExecutor,
      minutes: 5,
    },
  ];
}

function laneWatches(
  resourceClass: ResourceClass,
  kind: LaneKind,
  { alarms, classes }: WatchedConfig,
  metrics: DeploymentMetrics,
): Watch[] {
  const of = `${resourceClass}-${kind}`;
  const objectiveSeconds = LANE_OBJECTIVE_SECONDS[kind];
  // The age counts until a message is deleted, so it holds the run as well as the wait.
  const { timeoutSeconds, shards } = classOf(classes, resourceClass);
  const runSeconds = timeoutSeconds + INVOCATION_MARGIN_SECONDS;
  return [
    ...metrics.lane('ApproximateAgeOfOldestMessage', resourceClass, kind).map((metric, shard) => ({
      heading: 'Oldest message',
      of: nameOfShard(of, shard, shards),
      metric,
      above: (objectiveSeconds * alarms.waitPercent) / 100 + runSeconds,
      minutes: 3,
    })),
    ...metrics.lane('ApproximateAgeOfOldestMessageInQuietGroups', resourceClass, kind).map((metric, shard) => ({
      heading: 'Quiet tenants wait',
      of: nameOfShard(of, shard, shards),
      metric,
      above: (objectiveSeconds * alarms.quietWaitPercent) / 100 + runSeconds,
      minutes: 3,
    })),
    {
      heading: 'Wait time',
      of,
      metric: metrics.own('wait', [resourceClass, kind], 'p99'),
      above: objectiveSeconds * 10 * alarms.waitPercent,
      minutes: 3,
    },
  ];
}
