import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { LANE_KINDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import type { DataStack } from '../stacks/data-stack.ts';
import type { DeploymentMetrics } from './deployment-metrics.ts';
import { deadLetterQueueName } from './executor-pool.ts';
import { hourlyCost } from './hourly-cost.ts';
import { projectorDeadLetterQueueName } from './projector.ts';

export type OperationsDashboardProps = {
  readonly config: DeployConfig;
  readonly data: Pick<DataStack, 'tasks'>;
  readonly metrics: DeploymentMetrics;
};

/** Shows on one screen what people look at: what waits, how long things take, what fails, and what it takes and costs. */
export class OperationsDashboard extends Construct {
  constructor(scope: Construct, id: string, { config, data, metrics }: OperationsDashboardProps) {
    super(scope, id);
    const classes = Object.keys(config.classes);
    const lanes = (metricName: string) =>
      classes.flatMap((resourceClass) => LANE_KINDS.flatMap((kind) => metrics.lane(metricName, resourceClass, kind)));
    const deadLetters = [
      ...classes.map((name) => deadLetterQueueName(config, name)),
      projectorDeadLetterQueueName(config),
    ].map((queue) => metrics.queue('ApproximateNumberOfMessagesVisible', queue));
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: config.name,
      defaultInterval: Duration.hours(3),
    });
    dashboard.addWidgets(
      graph(
        'Tasks per minute',
        (['accepted', 'refused', 'succeeded', 'failed', 'retried', 'cancelled', 'fannedOut'] as const).map((metric) =>
          metrics.total(metric),
        ),
      ),
      graph('Waiting tasks, and for each executor', [
        metrics.each('waiting', 'Maximum'),
        metrics.each('waitingPerExecutor', 'Maximum'),
      ]),
      graph('Age of the oldest message (s)', lanes('ApproximateAgeOfOldestMessage')),
      graph('Age of the oldest, quiet tenants (s)', lanes('ApproximateAgeOfOldestMessageInQuietGroups')),
    );
    dashboard.addWidgets(
      graph('Wait before the first attempt, p99 (ms)', [metrics.each('wait', 'p99')]),
      graph('Execution of an attempt, p99 (ms, and % of its timeout)', [
        metrics.each('execution', 'p99'),
        metrics.each('timeoutUse', 'p99'),
      ]),
      graph('API latency, but for reads of a task (ms), and callers who wait for one', [
        ...['p50', 'p99'].map((label) => metrics.lambda('Duration', 'router', label).with({ label })),
        metrics.lambda('ConcurrentExecutions', 'waiter', 'Maximum').with({ label: 'reads and waits' }),
        metrics.total('waitsRefused'),
      ]),
      graph('AWS calls, p99 (ms)', [metrics.each('awsCall', 'p99')]),
    );
    dashboard.addWidgets(
      graph('Failed attempts by error', [metrics.each('error', 'Sum')]),
      graph('Dead letters, platform failures, uncaught errors, lost records and segments per minute', [
        ...deadLetters,
        metrics.total('platformFailed'),
        metrics.total('uncaught'),
        metrics.total('attemptsUnrecorded'),
        metrics.total('lostSegments'),
        metrics.total('actsLost'),
      ]),
      graph(
        'API requests per minute',
        ['Count', '4xx', '5xx'].map((name) => metrics.api(name, 'Sum')),
      ),
      graph(
        'Throttled executors',
        classes.flatMap((name) => metrics.executors('Throttles', name, 'Sum')),
      ),
    );
    dashboard.addWidgets(
      graph(
        'Executors at work',
        classes.flatMap((name) => metrics.executors('ConcurrentExecutions', name, 'Maximum')),
      ),
      graph('CPU of an invocation (%, and p99 in ms)', [
        metrics.each('cpuUtilization', 'Average'),
        metrics.each('cpu', 'p99'),
      ]),
      graph('Memory and /tmp, peak (%), and file reads and writes', [
        metrics.each('memory', 'Maximum'),
        metrics.each('temporaryStorage', 'Maximum'),
        metrics.total('fileReads'),
        metrics.total('fileWrites'),
      ]),
      graph('Cost by list prices ($ an hour)', hourlyCost(config, metrics, data)),
    );
  }
}

const graph = (title: string, left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 6, height: 5 });
