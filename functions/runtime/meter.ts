import type { Clock, Meter, Random } from '../core/ports.ts';
import {
  ERROR_CODES,
  METRIC_DIMENSIONS,
  METRICS,
  type Metric,
  type MetricName,
  type MetricScope,
  OTHER_ERROR,
} from '../metrics.ts';
import { type Directive, EmfLines } from './emf.ts';
import { Folded, Reservoir } from './gatherings.ts';

const errorCodes: ReadonlySet<string> = new Set(ERROR_CODES);

/** Values of several invocations, and what is to be told of them. */
type Gathering = { add(value: number): void; take(): readonly number[] };

/** Values of one invocation, which are still added to. */
type Told = Directive & { readonly metrics: Map<Metric, number[]> };

/** Values are gathered for so long. */
const SHORTEST_MILLISECONDS = 1_000;
const LONGEST_MILLISECONDS = 60_000;

/**
 * Gathers the numbers of one invocation and writes them as EMF, in one line where their dimensions allow it. Lambda freezes an
 * environment between invocations and ends it without a word, so that all that is counted is written at the end of its own
 * invocation. Times of AWS calls, and what invocations take of their machine, are gathered over several.
 */
export class EmfMeter implements Meter {
  readonly #clock: Clock;
  readonly #random: Random;
  /** What is to be told at the next flush, by the dimensions that it shares. */
  readonly #told = new Map<string, Told>();
  readonly #gatherings = new Map<
    string,
    { readonly of: string; readonly metric: Metric; readonly values: Gathering }
  >();
  readonly #lines = new EmfLines();
  readonly #startedAt: number;
  #gatheredWrittenAt: number | undefined;

  constructor(clock: Clock = Date.now, random: Random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#startedAt = clock();
  }

  record(of: string, metric: MetricName, value: number): void {
    const specification: Metric = METRICS[metric];
    const { gathered } = specification;
    if (gathered === undefined) this.#tell(of, specification, value);
    else this.#gatheringOf(of, specification, gathered).add(value);
  }

  /**
   * Writes what was recorded; to be called once at the end of each invocation. What is gathered is written each time the
   * environment has become twice as old, and each minute at the latest: values that are lost with it are of less than the
   * second half of its life, and of less than a minute.
   */
  flush(): void {
    if (this.#areGatheringsDue()) this.#recordGatherings();
    if (this.#told.size === 0) return;
    const lines = this.#lines.of([...this.#told.values()]);
    this.#told.clear();
    process.stdout.write(`${lines.join('\n')}\n`);
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
      for (const value of values.take()) this.#tell(of, metric, value);
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

  #tell(of: string, metric: Metric, value: number): void {
    const values = valuesOf(metric.by, of);
    const key = `${metric.by} ${values.join('/')}`;
    const told = this.#told.get(key) ?? { by: metric.by, of: values, metrics: new Map() };
    this.#told.set(key, told);
    const known = told.metrics.get(metric);
    if (known === undefined) told.metrics.set(metric, [value]);
    else if (metric.isTally === true) known[0] = (known[0] ?? 0) + value;
    else known.push(value);
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
