import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type ResourceClass, waiterReservationOf } from '../../functions/contract.ts';
import { classOf } from '../../functions/resource-classes.ts';
import { TASK_INDEXES } from '../stacks/data-stack.ts';
import { nameOfShard, type Watch, type WatchedConfig } from './alarms.ts';
import { type DeploymentMetrics, FIVE_MINUTES, percentOf, sum } from './deployment-metrics.ts';
import { projectorsOf } from './projector.ts';

/** Functions that the clock calls every minute. */
const CLOCKWORK = ['governor', 'sweeper'] as const;

/** The calls that a submit, a claim and a settlement wait for. */
const TASK_WRITES = ['DynamoDB.PutItem', 'DynamoDB.UpdateItem', 'DynamoDB.BatchExecuteStatement'];

type Named = { readonly tableName: string };
/** The tables that are written to for each task. */
export type WatchedTables = { readonly tasks: readonly Named[]; readonly control: Named; readonly statistics: Named };

/** Watches whether the parts of AWS keep up: the API, the functions, the tables. */
export const serviceWatches = (config: WatchedConfig, data: WatchedTables, metrics: DeploymentMetrics): Watch[] => [
  {
    heading: 'API latency',
    // That of the whole API has those in it who wait for a task.
    metric: metrics.lambda('Duration', 'router', 'p99'),
    above: config.alarms.apiLatencyMilliseconds,
    minutes: 5,
  },
  {
    heading: 'API errors',
    metric: percentOf(
      metrics.api('5xx', 'Sum').with({ period: FIVE_MINUTES }),
      [metrics.api('Count', 'Sum').with({ period: FIVE_MINUTES })],
      FIVE_MINUTES,
    ),
    above: config.alarms.apiErrorPercent,
    minutes: 5,
  },
  ...Object.keys(config.classes).flatMap((resourceClass) => executorWatches(resourceClass, config, metrics)),
  ...['router', 'waiter', ...(config.jwt === undefined ? ['authorizer'] : [])].map((name) => ({
    heading: 'Throttles',
    of: name,
    metric: metrics.lambda('Throttles', name, 'Sum'),
    above: 0,
    minutes: 5,
  })),
  ...(config.reservations ? [waiterWatch(config, metrics)] : []),
  ...tablesOf(data).map(({ of, name, indexes }) => ({
    heading: 'DynamoDB throttles',
    of,
    // CloudWatch tells an index's throttles apart from its table's; a write waits for both.
    metric: sum([
      ...['ReadThrottleEvents', 'WriteThrottleEvents'].map((metricName) => metrics.table(metricName, name)),
      ...indexes.map((index) => metrics.index('WriteThrottleEvents', name, index)),
    ]),
    above: 0,
    minutes: 3,
  })),
  ...TASK_WRITES.map((operation) => ({
    heading: 'DynamoDB latency',
    of: operation,
    metric: metrics.own('awsCall', [operation], 'p99', FIVE_MINUTES),
    above: config.alarms.dynamoLatencyMilliseconds,
    minutes: 10,
  })),
  ...projectorsOf(config).map((name) => ({
    heading: 'Changes lag',
    of: name,
    metric: metrics.lambda('IteratorAge', name, 'Maximum'),
    above: config.alarms.changeAgeSeconds * 1000,
    minutes: 5,
  })),
  ...CLOCKWORK.map((name) => stillness(name, metrics)),
];

/** Watches whether reads of tasks will be refused for want of environments, beside all callers who wait. */
const waiterWatch = ({ alarms, waiters }: WatchedConfig, metrics: DeploymentMetrics): Watch => ({
  heading: 'Concurrency',
  of: 'waiter',
  metric: metrics.lambda('ConcurrentExecutions', 'waiter', 'Maximum'),
  above: (waiterReservationOf(waiters) * alarms.concurrencyPercent) / 100,
  minutes: 5,
});

function executorWatches(resourceClass: ResourceClass, config: WatchedConfig, metrics: DeploymentMetrics): Watch[] {
  const { alarms, classes } = config;
  const { reserved, shards } = classOf(classes, resourceClass);
  return [
    ...metrics.executors('Throttles', resourceClass, 'Sum').map((metric, shard) => ({
      heading: 'Throttles',
      of: nameOfShard(resourceClass, shard, shards),
      metric,
      above: 0,
      minutes: 5,
    })),
    ...metrics.executors('ConcurrentExecutions', resourceClass, 'Maximum').map((metric, shard) => ({
      heading: 'Concurrency',
      of: nameOfShard(resourceClass, shard, shards),
      metric,
      above: (reserved * alarms.concurrencyPercent) / 100,
      minutes: 5,
    })),
    {
      heading: 'Memory',
      of: resourceClass,
      metric: metrics.own('memory', [resourceClass], 'Maximum', FIVE_MINUTES),
      above: alarms.memoryPercent,
      minutes: 5,
    },
    {
      heading: 'CPU',
      of: resourceClass,
      metric: metrics.own('cpuUtilization', [resourceClass], 'Average', FIVE_MINUTES),
      above: alarms.cpuPercent,
      minutes: 15,
    },
    {
      heading: 'Temporary storage',
      of: resourceClass,
      metric: metrics.own('temporaryStorage', [resourceClass], 'Maximum', FIVE_MINUTES),
      above: alarms.temporaryStoragePercent,
      minutes: 5,
    },
  ];
}

const tablesOf = ({ tasks, control, statistics }: WatchedTables) => [
  ...tasks.map(({ tableName }, shard) => ({
    of: shard === 0 ? 'tasks' : `tasks ${shard}`,
    name: tableName,
    indexes: TASK_INDEXES,
  })),
  { of: 'control', name: control.tableName, indexes: [] },
  { of: 'statistics', name: statistics.tableName, indexes: [] },
];

function stillness(name: (typeof CLOCKWORK)[number], metrics: DeploymentMetrics): Watch {
  const count = (metricName: string) => metrics.lambda(metricName, name, 'Sum').with({ period: FIVE_MINUTES });
  return {
    heading: `${name[0]?.toUpperCase()}${name.slice(1)} not running`,
    metric: new MathExpression({
      expression: 'runs - FILL(errors, 0)',
      usingMetrics: { runs: count('Invocations'), errors: count('Errors') },
      period: FIVE_MINUTES,
    }),
    below: 1,
    minutes: 5,
  };
}
