import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type Metric, type MetricScope } from '../metrics.ts';

/** CloudWatch takes so many values of a metric in a line (its documentation of the embedded metric format). */
export const MAX_VALUES = 100;

/** What is to be told of one value of a scope's dimensions: by metric, its values. */
export type Directive = {
  readonly by: MetricScope;
  /** The values of the dimensions, in the order of `METRIC_DIMENSIONS`. */
  readonly of: readonly string[];
  readonly metrics: ReadonlyMap<Metric, readonly number[]>;
};

/** What is told together: a dimension has one value in a line, and a metric so many values. */
type Line = { readonly dimensions: Map<string, string>; readonly directives: Directive[] };

/**
 * Writes directives in CloudWatch's embedded metric format, as few lines as their dimensions allow: the frame of a line is most
 * of its bytes. Powertools serializes each set of dimensions, and those that fit share a line.
 */
export class EmfLines {
  /** By scope and dimensions. */
  readonly #metrics = new Map<string, Metrics>();

  of(directives: readonly Directive[]): string[] {
    const lines: Line[] = [];
    for (const directive of directives.flatMap(parted)) {
      const dimensions = dimensionsOf(directive);
      const line = lines.find((one) => fits(directive, dimensions, one));
      if (line === undefined) lines.push({ dimensions: new Map(dimensions), directives: [directive] });
      else {
        for (const [name, value] of dimensions) line.dimensions.set(name, value);
        line.directives.push(directive);
      }
    }
    return lines.map(({ directives }) => joined(directives.map((directive) => this.#serialized(directive))));
  }

  #serialized(directive: Directive): Emf {
    const metrics = this.#metricsOf(directive);
    const values = [...directive.metrics].map(([metric, all]) => [metric, all.map(rounded)] as const);
    // It is given one value of each: with each further one it would copy those before.
    for (const [{ name, unit }, [first = 0]] of values) metrics.addMetric(name, unit, first);
    const emf = metrics.serializeMetrics();
    metrics.clearMetrics();
    return {
      ...emf,
      ...Object.fromEntries(values.flatMap(([{ name }, all]) => (all.length > 1 ? [[name, all]] : []))),
    };
  }

  #metricsOf(directive: Directive): Metrics {
    const key = `${directive.by} ${directive.of.join('/')}`;
    const known = this.#metrics.get(key);
    if (known !== undefined) return known;
    const defaultDimensions = Object.fromEntries(dimensionsOf(directive));
    const metrics = new Metrics({ namespace: METRICS_NAMESPACE, defaultDimensions });
    this.#metrics.set(key, metrics);
    return metrics;
  }
}

type Emf = ReturnType<Metrics['serializeMetrics']>;

/** Puts what shares its dimensions, as far as they go, into one line. */
function joined(parts: readonly Emf[]): string {
  const CloudWatchMetrics = parts.flatMap(({ _aws }) => _aws.CloudWatchMetrics);
  return JSON.stringify({ ...Object.assign({}, ...parts), _aws: { ...parts[0]?._aws, CloudWatchMetrics } });
}

/** Cuts a directive into ones whose metrics have no more values than a line takes. */
function parted(directive: Directive): Directive[] {
  const most = Math.max(...[...directive.metrics.values()].map(({ length }) => length));
  if (most <= MAX_VALUES) return [directive];
  return Array.from({ length: Math.ceil(most / MAX_VALUES) }, (_, part) => {
    const values = [...directive.metrics].map(
      ([metric, all]) => [metric, all.slice(part * MAX_VALUES, (part + 1) * MAX_VALUES)] as const,
    );
    return { ...directive, metrics: new Map(values.filter(([, some]) => some.length > 0)) };
  });
}

const dimensionsOf = ({ by, of }: Directive): [name: string, value: string][] =>
  METRIC_DIMENSIONS[by].map((name, place) => [name, of[place] ?? '']);

const fits = (directive: Directive, dimensions: readonly [string, string][], line: Line): boolean =>
  dimensions.every(([name, value]) => (line.dimensions.get(name) ?? value) === value) &&
  !line.directives.some(({ by }) => by === directive.by);

/** Nobody reads more of a time or a percentage, and each digit is a byte of the log. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
