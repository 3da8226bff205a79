import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import {
  executorNameOf,
  LANE_KINDS,
  LANE_OBJECTIVE_SECONDS,
  type LaneKind,
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  RESOURCE_CLASS_SPECS,
  RESOURCE_CLASSES,
  type ResourceClass,
  WAITING_PER_EXECUTOR,
} from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { deadLetterQueueName } from '../constructs/executor-pool.ts';
import { laneQueueName, shardsOf } from '../constructs/lane.ts';
import { projectorDeadLetterQueueName } from '../constructs/projector.ts';

const API_LATENCY_SECONDS = 1;

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

type Watch = {
  /** The alarm's name, and its heading in `docs/runbook.md`. */
  readonly heading: string;
  /** Which of many: a class, or a lane. */
  readonly of?: string;
  readonly metric: Metric | MathExpression;
  readonly above: number;
  /** How long it has to last. */
  readonly minutes: number;
};

/** Functions that the clock calls every minute. */
const CLOCKWORK = ['governor', 'sweeper'] as const;

/** What people look at: one dashboard, and the alarms that say when to. */
export class OperationsStack extends Stack {
  readonly #config: DeployConfig;

  constructor(scope: Construct, id: string, { config, apiId }: { config: DeployConfig; apiId: string }) {
    super(scope, id, { stackName: id, description: 'Millrace: dashboard and alarms' });
    this.#config = config;
    const api = (metricName: string, statistic: string, label: string) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: apiId },
        statistic,
        period: minute,
        label,
      });
    for (const watch of this.#watches(api('Latency', 'p99', 'p99'))) this.#alarm(watch);
    for (const name of CLOCKWORK) this.#stillnessAlarm(name);
    this.#dashboard(api);
  }

  #watches(apiLatency: Metric): Watch[] {
    const { concurrency } = this.#config;
    const lanes = RESOURCE_CLASSES.flatMap((resourceClass) => LANE_KINDS.map((kind) => ({ resourceClass, kind })));
    return [
      { heading: 'API latency', metric: apiLatency, above: API_LATENCY_SECONDS * 1000, minutes: 5 },
      ...RESOURCE_CLASSES.map((resourceClass) => ({
        heading: 'Dead letters',
        of: resourceClass,
        metric: sqs('ApproximateNumberOfMessagesVisible', deadLetterQueueName(this.#config, resourceClass)),
        above: 0,
        minutes: 1,
      })),
      {
        heading: 'Dead letters',
        of: 'projector',
        metric: sqs('ApproximateNumberOfMessagesVisible', projectorDeadLetterQueueName(this.#config)),
        above: 0,
        minutes: 1,
      },
      ...RESOURCE_CLASSES.map((resourceClass) => ({
        heading: 'Platform failures',
        of: resourceClass,
        // Five minutes in one: a task alone on its lane comes back, and fails again, only every other minute or later.
        metric: sum(
          LANE_KINDS.map((kind) => this.#own('platformFailed', resourceClass, kind, 'Sum', fiveMinutes)),
          fiveMinutes,
        ),
        above: 0,
        minutes: 5,
      })),
      ...RESOURCE_CLASSES.map((resourceClass) => ({
        heading: 'Queue depth',
        of: resourceClass,
        metric: sum(
          LANE_KINDS.flatMap((kind) => this.#queues('ApproximateNumberOfMessagesVisible', resourceClass, kind)),
        ),
        above: concurrency[resourceClass].reserved * this.#config.shards[resourceClass] * WAITING_PER_EXECUTOR,
        minutes: 5,
      })),
      ...lanes.map(({ resourceClass, kind }) => ({
        heading: 'Oldest message',
        of: `${resourceClass}-${kind}`,
        metric: greatest(this.#queues('ApproximateAgeOfOldestMessage', resourceClass, kind)),
        // The age counts until a message is deleted, so it holds the run as well as the wait.
        above: LANE_OBJECTIVE_SECONDS[kind] + RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds,
        minutes: 3,
      })),
      ...lanes.map(({ resourceClass, kind }) => ({
        heading: 'Wait time',
        of: `${resourceClass}-${kind}`,
        metric: this.#own('wait', resourceClass, kind, 'p99', minute),
        above: LANE_OBJECTIVE_SECONDS[kind] * 1000,
        minutes: 3,
      })),
    ];
  }

  #alarm({ heading, of, metric, above, minutes }: Watch): void {
    const name = [heading, of].filter(Boolean).join(': ');
    new Alarm(this, name, {
      alarmName: `${this.#config.name} ${name}`,
      alarmDescription: `docs/runbook.md, "${heading}"`,
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: minutes / metric.period.toMinutes(),
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Silence is what it is about, so it must not pass for good. */
  #stillnessAlarm(name: (typeof CLOCKWORK)[number]): void {
    const heading = `${name[0]?.toUpperCase()}${name.slice(1)} not running`;
    const count = (metricName: string): Metric =>
      lambda(metricName, `${this.#config.name}-${name}`, name).with({ statistic: 'Sum', period: fiveMinutes });
    new Alarm(this, heading, {
      alarmName: `${this.#config.name} ${heading}`,
      alarmDescription: `docs/runbook.md, "${heading}"`,
      metric: new MathExpression({
        expression: 'runs - FILL(errors, 0)',
        usingMetrics: { runs: count('Invocations'), errors: count('Errors') },
        period: fiveMinutes,
      }),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #dashboard(api: (metricName: string, statistic: string, label: string) => IMetric): void {
    const queues = (metricName: string) =>
      RESOURCE_CLASSES.flatMap((resourceClass) =>
        LANE_KINDS.flatMap((kind) =>
          this.#queues(metricName, resourceClass, kind).map((metric, shard) =>
            metric.with({ label: labelOf(`${resourceClass} ${kind}`, shard) }),
          ),
        ),
      );
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: this.#config.name,
      defaultInterval: Duration.hours(3),
    });
    dashboard.addWidgets(
      graph('Tasks per minute', [
        this.#total('accepted'),
        this.#total('succeeded'),
        this.#total('failed'),
        this.#total('retried'),
      ]),
      graph('Waiting tasks', queues('ApproximateNumberOfMessagesVisible')),
      graph('Age of the oldest message (s)', queues('ApproximateAgeOfOldestMessage')),
    );
    dashboard.addWidgets(
      graph('Wait before the first attempt, p99 (ms)', [this.#lanes('wait', 'p99')]),
      graph('Execution of an attempt, p99 (ms)', [this.#lanes('execution', 'p99')]),
      graph('Dead letters, and platform failures per minute', [
        ...RESOURCE_CLASSES.map((resourceClass) =>
          sqs('ApproximateNumberOfMessagesVisible', deadLetterQueueName(this.#config, resourceClass), resourceClass),
        ),
        sqs('ApproximateNumberOfMessagesVisible', projectorDeadLetterQueueName(this.#config), 'projector'),
        this.#total('platformFailed'),
      ]),
    );
    dashboard.addWidgets(
      graph('API requests per minute', [
        api('Count', 'Sum', 'requests'),
        api('4xx', 'Sum', '4xx'),
        api('5xx', 'Sum', '5xx'),
      ]),
      graph('API latency (ms)', [api('Latency', 'p50', 'p50'), api('Latency', 'p99', 'p99')]),
      graph(
        'Executors at work',
        RESOURCE_CLASSES.flatMap((resourceClass) =>
          shardsOf(this.#config, resourceClass).map((shard) => {
            const name = executorNameOf(resourceClass, shard);
            return lambda('ConcurrentExecutions', `${this.#config.name}-${name}`, labelOf(resourceClass, shard));
          }),
        ),
      ),
    );
  }

  /** A metric of one lane. */
  #own(
    metric: keyof typeof METRICS,
    resourceClass: ResourceClass,
    kind: LaneKind,
    statistic: string,
    period: Duration,
  ): Metric {
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: METRICS[metric].name,
      dimensionsMap: {
        [METRIC_DIMENSIONS.service]: this.#config.name,
        [METRIC_DIMENSIONS.resourceClass]: resourceClass,
        [METRIC_DIMENSIONS.lane]: kind,
      },
      statistic,
      period,
    });
  }

  /** The metric of every lane that has sent it, a line each. */
  #lanes(metric: keyof typeof METRICS, statistic: string): IMetric {
    return new MathExpression({ expression: this.#search(metric, statistic), label: '', period: minute });
  }

  #total(metric: keyof typeof METRICS): IMetric {
    return new MathExpression({ expression: `SUM(${this.#search(metric, 'Sum')})`, label: metric, period: minute });
  }

  #search(metric: keyof typeof METRICS, statistic: string): string {
    const schema = [METRICS_NAMESPACE, ...Object.values(METRIC_DIMENSIONS)].join(',');
    const terms = `MetricName="${METRICS[metric].name}" ${METRIC_DIMENSIONS.service}="${this.#config.name}"`;
    return `SEARCH('{${schema}} ${terms}', '${statistic}', 60)`;
  }

  /** A metric of the queues of a lane, one for each shard. */
  #queues(metricName: string, resourceClass: ResourceClass, kind: LaneKind): Metric[] {
    return shardsOf(this.#config, resourceClass).map((shard) =>
      sqs(metricName, laneQueueName(this.#config, resourceClass, kind, shard)),
    );
  }
}

/** A first shard may be the only one. */
const labelOf = (name: string, shard: number): string => (shard === 0 ? name : `${name} ${shard}`);

const sqs = (metricName: string, QueueName: string, label?: string): Metric =>
  new Metric({
    namespace: 'AWS/SQS',
    metricName,
    dimensionsMap: { QueueName },
    statistic: 'Maximum',
    period: minute,
    ...(label === undefined ? {} : { label }),
  });

const lambda = (metricName: string, FunctionName: string, label: string): Metric =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName },
    statistic: 'Maximum',
    period: minute,
    label,
  });

/** A lane that nobody uses sends no metrics, and `a + b` is missing wherever one of the two is. */
const sum = (metrics: readonly IMetric[], period = minute): MathExpression =>
  new MathExpression({
    expression: `SUM([${metrics.map((_, index) => `FILL(m${index}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
    period,
  });

const greatest = (metrics: readonly Metric[]): Metric | MathExpression => {
  const [only, ...others] = metrics;
  if (only !== undefined && others.length === 0) return only;
  return new MathExpression({
    expression: `MAX([${metrics.map((_, index) => `m${index}`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
    period: minute,
  });
};

const graph = (title: string, left: IMetric[]): GraphWidget => new GraphWidget({ title, left, width: 8, height: 6 });
