import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Clock, Meter, Random } from '../core/ports.ts';
import {
  ERROR_CODES,
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  type Metric,
  type MetricName,
  type MetricScope,
  OTHER_ERROR,
} from '../metrics.ts';
import { Folded } from './folded.ts';
import { Reservoir } from './reservoir.ts';

const errorCodes: ReadonlySet<string> = new Set(ERROR_CODES);

/** Values of several invocations, and what is to be told of them. */
type Gathering = { add(value: number): void; take(): readonly number[] };

/** Values are gathered for so long. */
const SHORTEST_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 60_000;

/**
 * Gathers the numbers of one invocation and writes them as EMF, one line for what shares its dimensions. Lambda freezes an
 * environment between invocations and ends it without a word, so that all counts, waits and runs are written at the end of their
 * own invocation. Times of AWS calls, and what invocations take of their machine, are gathered over several.
 */
export class EmfMeter implements Meter {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #metrics = new Map<string, Metrics>();
  readonly #gatherings = new Map<
    string,
    { readonly of: string; readonly metric: Metric; readonly values: Gathering }
  >();
  readonly #startedAt: number;
  #gatheredWrittenAt: number | undefined;

  constructor(clock: Clock = Date.now, random: Random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock();
  }

  record(of: string, metric: MetricName, value: number): void {
    const specification: Metric = METRICS[metric];
    const { name, unit, by, gathered } = specification;
    if (gathered === undefined) this.#metricsOf(by, of).addMetric(name, unit, value);
    else this.#gatheringOf(of, specification, gathered).add(value);
  }

  /**
   * Writes what was recorded; to be called once at the end of each invocation. What is gathered is written each time the
   * environment has become twice as old, and each minute at the latest: values that are lost with it are of less than the
   * second half of its life, and of less than a minute.
   */
  flush(): void {
    if (this.#areGatheringsDue()) this.#recordGatherings();
    for (const metrics of this.#metrics.values()) if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  }

  #areGatheringsDue(): boolean {
    const now = this.#clock();
    const writtenAt = this.#gatheredWrittenAt;
    if (writtenAt !== undefined) {
      const age = Math.max(SHORTEST_MILLISECONDS, writtenAt - this.#startedAt);
      if (now - writtenAt < Math.min(age, LONGEST_MILLISECONDS)) return false;
    }
    this.#gatheredWrittenAt = now;
    return true;
  }

  #recordGatherings(): void {
    for (const { of, metric, values } of this.#gatherings.values()) {
      for (const value of values.take()) this.#metricsOf(metric.by, of).addMetric(metric.name, metric.unit, value);
    }
  }

  #gatheringOf(of: string, metric: Metric, gathered: NonNullable<Metric['gathered']>): Gathering {
    const key = `${metric.name} ${of}`;
    const known = this.#gatherings.get(key);
    if (known !== undefined) return known.values;
    const values = GATHERINGS[gathered](this.#random);
    this.#gatherings.set(key, { of, metric, values });
    return values;
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

const GATHERINGS: Readonly<Record<NonNullable<Metric['gathered']>, (random: Random) => Gathering>> = {
  sample: (random) => new Reservoir(random),
  sum: () => new Folded((sum, value) => sum + value),
  greatest: () => new Folded(Math.max),
};

/** Returns the values of a metric's dimensions: an executor key begins with its class and lane. */
function valuesOf(by: MetricScope, of: string): readonly string[] {
  if (by === 'errorCode') return [errorCodes.has(of) ? of : OTHER_ERROR];
  return of.split('/').slice(0, METRIC_DIMENSIONS[by].length);
}
