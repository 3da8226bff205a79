import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE } from '../contract.ts';
import type { Meter } from '../core/ports.ts';

/** Gathers the numbers of one invocation and writes them as one EMF line for each lane. */
export class EmfMeter implements Meter {
  readonly #lanes = new Map<string, Metrics>();

  record(executorKey: string, metric: keyof typeof METRICS, value: number): void {
    const { name, unit } = METRICS[metric];
    this.#lane(executorKey).addMetric(name, unit, value);
  }

  /** Writes what was recorded; to be called once at the end of each invocation. */
  flush(): void {
    for (const metrics of this.#lanes.values()) {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  }

  #lane(executorKey: string): Metrics {
    const [resourceClass = '', lane = ''] = executorKey.split('/');
    const key = `${resourceClass}/${lane}`;
    let metrics = this.#lanes.get(key);
    if (metrics === undefined) {
      metrics = new Metrics({
        namespace: METRICS_NAMESPACE,
        defaultDimensions: { [METRIC_DIMENSIONS.resourceClass]: resourceClass, [METRIC_DIMENSIONS.lane]: lane },
      });
      this.#lanes.set(key, metrics);
    }
    return metrics;
  }
}
