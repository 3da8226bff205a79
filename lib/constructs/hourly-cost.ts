import { MathExpression, type Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LANE_KINDS, RESOURCE_CLASS_SPECS, RESOURCE_CLASSES, ROUTER_MEMORY_MB } from '../../functions/contract.ts';
import type { DataStack } from '../stacks/data-stack.ts';
import { type DeploymentMetrics, FIVE_MINUTES } from './deployment-metrics.ts';
import { PROJECTOR_MEMORY_MB } from './projector.ts';

/** List prices of us-east-1 in dollars, by the unit that AWS counts. */
const GB_SECOND = 0.0000133334;
const INVOCATION = 0.2e-6;
const WRITE_UNIT = 0.625e-6;
const READ_UNIT = 0.125e-6;
const API_REQUEST = 1e-6;
const QUEUE_REQUEST = 0.5e-6;

const FIVE_MINUTES_AN_HOUR = 12;

/** Memory of the functions beside the executors, in MB. */
const FUNCTIONS = { router: ROUTER_MEMORY_MB, projector: PROJECTOR_MEMORY_MB };

/** What the parts of a deployment cost at the rate of the moment, in dollars an hour: estimates, from what AWS counts. */
export const hourlyCost = (metrics: DeploymentMetrics, data: Pick<DataStack, 'tasks'>): MathExpression[] => [
  priced('functions', [
    ...RESOURCE_CLASSES.flatMap((resourceClass) => [
      ...metrics
        .executors('Duration', resourceClass, 'Sum')
        .map((metric) => ({ metric, price: durationPrice(RESOURCE_CLASS_SPECS[resourceClass].memoryMb) })),
      ...metrics.executors('Invocations', resourceClass, 'Sum').map((metric) => ({ metric, price: INVOCATION })),
    ]),
    ...Object.entries(FUNCTIONS).flatMap(([name, memoryMb]) => [
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
    RESOURCE_CLASSES.flatMap((resourceClass) =>
      LANE_KINDS.flatMap((kind) =>
        ['NumberOfMessagesSent', 'NumberOfMessagesReceived', 'NumberOfMessagesDeleted', 'NumberOfEmptyReceives']
          .flatMap((name) => metrics.lane(name, resourceClass, kind))
          .map((metric) => ({ metric, price: QUEUE_REQUEST })),
      ),
    ),
  ),
  priced('API', [{ metric: metrics.api('Count', 'Sum'), price: API_REQUEST }]),
];

/** Of a millisecond. */
const durationPrice = (memoryMb: number): number => (memoryMb / 1024 / 1000) * GB_SECOND;

function priced(label: string, counts: readonly { readonly metric: Metric; readonly price: number }[]): MathExpression {
  const named = counts.map(({ metric, price }, index) => {
    const name = `${label.replaceAll(/\W/g, '').toLowerCase()}${index}`;
    return { name, price, metric: metric.with({ statistic: 'Sum', period: FIVE_MINUTES }) };
  });
  const terms = named.map(({ name, price }) => `FILL(${name}, 0) * ${(price * FIVE_MINUTES_AN_HOUR).toExponential()}`);
  return new MathExpression({
    expression: terms.join(' + '),
    usingMetrics: Object.fromEntries(named.map(({ name, metric }) => [name, metric])),
    label,
    period: FIVE_MINUTES,
  });
}
