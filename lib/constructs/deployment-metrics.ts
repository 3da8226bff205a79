import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { LaneKind, ResourceClass } from '../../functions/contract.ts';
import {
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  SERVICE_DIMENSION,
} from '../../functions/metrics.ts';
import { executorNameOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../config.ts';
import { laneQueueName, shardsOf } from './lane.ts';

const ONE_MINUTE = Duration.minutes(1);
export const FIVE_MINUTES = Duration.minutes(5);

/** Names the metrics of one deployment: its own, and those that AWS has of its parts, by the minute unless said otherwise. */
export class DeploymentMetrics {
  readonly #config: DeployConfig;
  readonly #apiId: string;

  constructor(config: DeployConfig, apiId: string) {
    this.#config = config;
    this.#apiId = apiId;
  }

  /** Returns a metric of our own for one value of each of its dimensions: `['default', 'high']` for a lane. */
  own(metric: MetricName, values: readonly string[], statistic: string, period = ONE_MINUTE): Metric {
    const { name, by } = METRICS[metric];
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName: name,
      dimensionsMap: {
        [SERVICE_DIMENSION]: this.#config.name,
        ...Object.fromEntries(METRIC_DIMENSIONS[by].map((dimension, index) => [dimension, values[index]])),
      },
      statistic,
      period,
    });
  }

  /** Returns a metric of our own for all values of its dimensions, a line each. */
  each(metric: MetricName, statistic: string): MathExpression {
    return new MathExpression({ expression: this.#search(metric, statistic), label: '', period: ONE_MINUTE });
  }

  /** Returns a count of our own over the whole deployment. */
  total(metric: MetricName): MathExpression {
    const expression = `SUM(${this.#search(metric, 'Sum')})`;
    return new MathExpression({ expression, label: metric, period: ONE_MINUTE });
  }

  #search(metric: MetricName, statistic: string): string {
    const { name, by } = METRICS[metric];
    const schema = [METRICS_NAMESPACE, SERVICE_DIMENSION, ...METRIC_DIMENSIONS[by]].join(',');
    return `SEARCH('{${schema}} MetricName="${name}" ${SERVICE_DIMENSION}="${this.#config.name}"', '${statistic}', 60)`;
  }

  api(metricName: string, statistic: string): Metric {
    return ofAws('ApiGateway', metricName, { ApiId: this.#apiId }, statistic);
  }

  /** Returns a metric of a lane's queues, one for each shard. */
  lane(metricName: string, resourceClass: ResourceClass, kind: LaneKind): Metric[] {
    return shardsOf(this.#config, resourceClass).map((shard) =>
      this.queue(metricName, laneQueueName(this.#config, resourceClass, kind, shard)),
    );
  }

  queue(metricName: string, QueueName: string): Metric {
    return ofAws('SQS', metricName, { QueueName }, 'Maximum');
  }

  /** Returns a metric of the executors of a class, one for each shard. */
  executors(metricName: string, resourceClass: ResourceClass, statistic: string): Metric[] {
    return shardsOf(this.#config, resourceClass).map((shard) =>
      this.lambda(metricName, executorNameOf(resourceClass, shard), statistic),
    );
  }

  /** Returns a metric of a function, by its name behind the deployment's. */
  lambda(metricName: string, name: string, statistic: string): Metric {
    return ofAws('Lambda', metricName, { FunctionName: `${this.#config.name}-${name}` }, statistic);
  }

  table(metricName: string, TableName: string): Metric {
    return ofAws('DynamoDB', metricName, { TableName }, 'Sum');
  }

  index(metricName: string, TableName: string, GlobalSecondaryIndexName: string): Metric {
    return ofAws('DynamoDB', metricName, { TableName, GlobalSecondaryIndexName }, 'Sum');
  }
}

const ofAws = (service: string, metricName: string, dimensionsMap: Record<string, string>, statistic: string): Metric =>
  new Metric({ namespace: `AWS/${service}`, metricName, dimensionsMap, statistic, period: ONE_MINUTE });

/** Adds metrics up. What is not used sends none, and `a + b` is missing wherever one of the two is. */
export const sum = (metrics: readonly Metric[]): MathExpression =>
  new MathExpression({
    expression: `SUM([${metrics.map((_, index) => `FILL(m${index}, 0)`).join(', ')}])`,
    usingMetrics: Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric])),
    period: ONE_MINUTE,
  });

/** Returns how many percent of `all` there are of `part`. Nothing of nothing is no share. */
export const percentOf = (part: Metric, all: readonly Metric[], period: Duration): MathExpression => {
  const usingMetrics: Record<string, IMetric> = { part };
  for (const [index, metric] of all.entries()) usingMetrics[`m${index}`] = metric;
  const total = all.map((_, index) => `FILL(m${index}, 0)`).join(' + ');
  return new MathExpression({ expression: `100 * FILL(part, 0) / (${total})`, usingMetrics, period });
};
