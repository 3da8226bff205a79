import { Metrics } from '@aws-lambda-powertools/metrics';
import type { Clock, Meter } from '../core/ports.ts';
import {
  ERROR_CODES,
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  type MetricScope,
  OTHER_ERROR,
} from '../metrics.ts';

const errorCodes: ReadonlySet<string> = new Set(ERROR_CODES);

/** Times of AWS calls that are told together: a line for each operation of each request would cost more than they tell. */
const OPERATIONS_MILLISECONDS = 60_000;

/** Gathers the numbers of one invocation and writes them as EMF, one line for what shares its dimensions. */
export class EmfMeter implements Meter {
  readonly #clock: Clock;
  readonly #metrics = new Map<string, { readonly by: MetricScope; readonly metrics: Metrics }>();
  #operationsWrittenAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock = Date.now) {
    this.#clock = clock;
  }

  record(of: string, metric: MetricName, value: number): void {
    const { name, unit, by } = METRICS[metric];
    this.#metricsOf(by, of).addMetric(name, unit, value);
  }

  /**
   * Writes what was recorded; to be called once at the end of each invocation. Times of AWS calls are written once a minute,
   * the first at once; those of an environment's last minute are never told.
   */
  flush(): void {
    const now = this.#clock();
    const isDue = now - this.#operationsWrittenAt >= OPERATIONS_MILLISECONDS;
    if (isDue) this.#operationsWrittenAt = now;
    for (const { by, metrics } of this.#metrics.values()) {
      if ((by !== 'operation' || isDue) && metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  }

  #metricsOf(by: MetricScope, of: string): Metrics {
    const values = valuesOf(by, of);
    const key = `${by} ${values.join('/')}`;
    const known = this.#metrics.get(key);
    if (known !== undefined) return known.metrics;
    const dimensions = METRIC_DIMENSIONS[by].map((name, index) => [name, values[index] ?? '']);
    const metrics = new Metrics({ namespace: METRICS_NAMESPACE, defaultDimensions: Object.fromEntries(dimensions) });
    this.#metrics.set(key, { by, metrics });
    return metrics;
  }
}

/** The values of a metric's dimensions: an executor key begins with its class and lane. */
function valuesOf(by: MetricScope, of: string): readonly string[] {
  if (by === 'errorCode') return [errorCodes.has(of) ? of : OTHER_ERROR];
  return of.split('/').slice(0, METRIC_DIMENSIONS[by].length);
}
