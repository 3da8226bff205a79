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
import { Sampled } from './sampled.ts';

const errorCodes: ReadonlySet<string> = new Set(ERROR_CODES);

/** For how long times of AWS calls are told together: a line for each operation of each request would cost more than they tell. */
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
  readonly #operations = new Map<string, Sampled>();
  readonly #startedAt: number;
  #operationsWrittenAt: number | undefined;

  constructor(clock: Clock = Date.now, random: Random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock();
  }

  record(of: string, metric: MetricName, value: number): void {
    const { name, unit, by } = METRICS[metric];
    if (by === 'operation') this.#sampleOf(of).add(value);
    else this.#metricsOf(by, of).addMetric(name, unit, value);
  }

  /**
   * Writes what was recorded; to be called once at the end of each invocation. Times of AWS calls are written as soon as nothing
   * was for as long as the environment had been there by then, and each minute at the latest: those that are lost with it are of
   * less than the second half of its life, and of less than a minute.
   */
  flush(): void {
    if (this.#areOperationsDue()) this.#recordOperations();
    for (const metrics of this.#metrics.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  #areOperationsDue(): boolean {
    const [now, writtenAt] = [this.#clock(), this.#operationsWrittenAt];
    if (writtenAt !== undefined) {
      const age = Math.max(SHORTEST_MILLISECONDS, writtenAt - this.#startedAt);
      if (now - writtenAt < Math.min(age, LONGEST_MILLISECONDS)) return false;
    }
    this.#operationsWrittenAt = now;
    return true;
  }

  #recordOperations(): void {
    const { name, unit, by } = METRICS.awsCall;
    for (const [operation, sample] of this.#operations) {
      for (const value of sample.take()) this.#metricsOf(by, operation).addMetric(name, unit, value);
    }
  }

  #sampleOf(operation: string): Sampled {
    const sample = this.#operations.get(operation) ?? new Sampled(this.#random);
    this.#operations.set(operation, sample);
    return sample;
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

/** The values of a metric's dimensions: an executor key begins with its class and lane. */
function valuesOf(by: MetricScope, of: string): readonly string[] {
  if (by === 'errorCode') return [errorCodes.has(of) ? of : OTHER_ERROR];
  return of.split('/').slice(0, METRIC_DIMENSIONS[by].length);
}
