import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Clock, Meter, Random } from '../core/ports.ts';
import {
  ERROR_CODES,
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  type MetricScope,
  OTHER_ERROR,
} from '../metrics.ts';
import { Reservoir } from './reservoir.ts';

const errorCodes: ReadonlySet<string> = new Set(ERROR_CODES);

/** Times of AWS calls are gathered for so long: a line for each operation of each request would cost more than it tells. */
const SHORTEST_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 60_000;

/**
 * Gathers the numbers of one invocation and writes them as EMF, one line for what shares its dimensions. Lambda freezes an
 * environment between invocations and ends it without a word, so that all counts, waits and runs are written at the end of their
 * own invocation. Times of AWS calls alone are gathered over several.
 */
export class EmfMeter implements Meter {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics = new Map<string, Metrics>();
  readonly #operations = new Map<string, Reservoir>();
  readonly #startedAt: number;
  #operationsWrittenAt: number | undefined;

  constructor(clock: Clock = Date.now, random: Random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock();
  }

  record(of: string, metric: MetricName, value: number): void {
    const { name, unit, by } = METRICS[metric];
    if (by === 'operation') this.#reservoirOf(of).add(value);
    else this.#metricsOf(by, of).addMetric(name, unit, value);
  }

  /**
   * Writes what was recorded; to be called once at the end of each invocation. Times of AWS calls are written each time the
   * environment has become twice as old, and each minute at the latest: those that are lost with it are of less than the
   * second half of its life, and of less than a minute.
   */
  flush(): void {
    if (this.#areOperationsDue()) this.#recordOperations();
    for (const metrics of this.#metrics.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  #areOperationsDue(): boolean {
    const now = this.#clock();
    const writtenAt = this.#operationsWrittenAt;
    if (writtenAt !== undefined) {
      const age = Math.max(SHORTEST_MILLISECONDS, writtenAt - this.#startedAt);
      if (now - writtenAt < Math.min(age, LONGEST_MILLISECONDS)) return false;
    }
    this.#operationsWrittenAt = now;
    return true;
  }

  #recordOperations(): void {
    const { name, unit, by } = METRICS.awsCall;
    for (const [operation, reservoir] of this.#operations) {
      for (const value of reservoir.take()) this.#metricsOf(by, operation).addMetric(name, unit, value);
    }
  }

  #reservoirOf(operation: string): Reservoir {
    const reservoir = this.#operations.get(operation) ?? new Reservoir(this.#random);
    this.#operations.set(operation, reservoir);
    return reservoir;
  }

  #metricsOf(by: MetricScope, of: string): Metrics {
    const values = valuesOf(by, of);
    const key = `${by} ${values.join('/')}`;
    const known = this.#metrics.get(key);
    if (known !== undefined) return known;
    const dimensions = METRIC_DIMENSIONS[by].map((name, index) => [name, values[index] ?? '']);
    const metrics = new Metrics({ namespace: METRICS_NAMESPACE, defaultDimensions: Object.fromEntries(dimensions) });
    this.#metrics.set(key, metrics);
    return metrics;
  }
}

/** Returns the values of a metric's dimensions: an executor key begins with its class and lane. */
function valuesOf(by: MetricScope, of: string): readonly string[] {
  if (by === 'errorCode') return [errorCodes.has(of) ? of : OTHER_ERROR];
  return of.split('/').slice(0, METRIC_DIMENSIONS[by].length);
}
