import { METRIC_DIMENSIONS, METRICS_NAMESPACE, type Metric, type MetricScope, SERVICE_DIMENSION } from '../metrics.ts';

/** A line takes so many values of a metric (CloudWatch's documentation, "Embedded metric format specification"). */
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
 * of its bytes, and of the time to write it. (The library of Powertools makes a line for each set of dimensions.)
 */
export function emfLines(directives: readonly Directive[], service: string, timestamp: number): string[] {
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
  return lines.map((line) => lineOf(line, service, timestamp));
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
const rounded = (value = 0): number => Math.round(value * 1_000) / 1_000;

function lineOf({ dimensions, directives }: Line, service: string, timestamp: number): string {
  const line: Record<string, unknown> = {
    _aws: {
      Timestamp: timestamp,
      CloudWatchMetrics: directives.map(({ by, metrics }) => ({
        Namespace: METRICS_NAMESPACE,
        Dimensions: [[SERVICE_DIMENSION, ...METRIC_DIMENSIONS[by]]],
        Metrics: Array.from(metrics.keys(), ({ name, unit }) => ({ Name: name, Unit: unit })),
      })),
    },
    [SERVICE_DIMENSION]: service,
  };
  for (const [name, value] of dimensions) line[name] = value;
  for (const { metrics } of directives) {
    for (const [{ name }, values] of metrics)
      line[name] = values.length === 1 ? rounded(values[0]) : values.map((value) => rounded(value));
  }
  return JSON.stringify(line);
}
