import { MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LANE_KINDS, ROUTER_MEMORY_MB, WAITER_MEMORY_MB } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { LIST_PRICES } from '../list-prices.ts';
import type { DataStack } from '../stacks/data-stack.ts';
import { type DeploymentMetrics, FIVE_MINUTES } from './deployment-metrics.ts';
import { PROJECTOR_MEMORY_MB, projectorsOf } from './projector.ts';

const MILLION = 1e6;

/** One of each costs so many dollars; a request to SQS with what a message group adds. */
const INVOCATION = LIST_PRICES.invocations / MILLION;
const WRITE_UNIT = LIST_PRICES.writeUnits / MILLION;
const READ_UNIT = LIST_PRICES.readUnits / MILLION;
const API_REQUEST = LIST_PRICES.apiRequests / MILLION;
const QUEUE_REQUEST = (LIST_PRICES.queueRequests + LIST_PRICES.fairQueueRequests) / MILLION;

const FIVE_MINUTES_AN_HOUR = 12;

/** Returns what the parts of a deployment cost at the rate of the moment, in dollars an hour: estimates, from what AWS counts. */
export const hourlyCost = (
  config: DeployConfig,
  metrics: DeploymentMetrics,
  data: Pick<DataStack, 'tasks'>,
): MathExpression[] => [
  priced('functions', [
    ...Object.entries(config.classes).flatMap(([resourceClass, { memoryMb }]) => [
      ...metrics
        .executors('Duration', resourceClass, 'Sum')
        .map((metric) => ({ metric, price: durationPrice(memoryMb) })),
      ...metrics.executors('Invocations', resourceClass, 'Sum').map((metric) => ({ metric, price: INVOCATION })),
    ]),
    ...[
      ['router', ROUTER_MEMORY_MB] as const,
      ['waiter', WAITER_MEMORY_MB] as const,
      ...projectorsOf(config).map((name) => [name, PROJECTOR_MEMORY_MB] as const),
    ].flatMap(([name, memoryMb]) => [
      { metric: metrics.lambda('Duration', name, 'Sum'), price: durationPrice(memoryMb) },
      { metric: metrics.lambda('Invocations', name, 'Sum'), price: INVOCATION },
    ]),
  ]),
  priced(
    'tasks tables, indexes apart',
    data.tasks.flatMap(({ tableName }) => [
      { metric: metrics.table('ConsumedWriteCapacityUnits', tableName), price: WRITE_UNIT },
      { metric: metrics.table('ConsumedReadCapacityUnits', tableName), price: READ_UNIT },
    ]),
  ),
  priced(
    'queues, at most',
    Object.keys(config.classes).flatMap((resourceClass) =>
      LANE_KINDS.flatMap((kind) =>
        ['NumberOfMessagesSent', 'NumberOfMessagesReceived', 'NumberOfMessagesDeleted', 'NumberOfEmptyReceives']
          .flatMap((name) => metrics.lane(name, resourceClass, kind))
          .map((metric) => ({ metric, price: QUEUE_REQUEST })),
      ),
    ),
  ),
  priced('API', [{ metric: metrics.api('Count', 'Sum'), price: API_REQUEST }]),
];

/** Returns what a millisecond of a function with so much memory costs. */
const durationPrice = (memoryMb: number): number => (memoryMb / 1024 / 1000) * LIST_PRICES.gigabyteSecond;

/** Prices what is counted. Metrics of one price are one term: an expression has 2,048 characters at most (CloudWatch API). */
function priced(label: string, counts: readonly { readonly metric: Metric; readonly price: number }[]): MathExpression {
  const usingMetrics: Record<string, Metric> = {};
  const byPrice = [...Map.groupBy(counts, ({ price }) => price)];
  const terms = byPrice.map(([price, group], place) => {
    // A term's name is of letters alone, so that none begins with another's.
    const term = `${label.replaceAll(/\W/g, '').toLowerCase()}${String.fromCharCode(97 + place)}_`;
    for (const [index, { metric }] of group.entries()) {
      usingMetrics[`${term}${index}`] = metric.with({ statistic: 'Sum', period: FIVE_MINUTES });
    }
    return `SUM(FILL(METRICS("${term}"), 0)) * ${(price * FIVE_MINUTES_AN_HOUR).toFixed(14)}`;
  });
  return new MathExpression({ expression: terms.join(' + '), usingMetrics, label, period: FIVE_MINUTES });
}
