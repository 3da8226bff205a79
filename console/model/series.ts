import type { Statistics } from '../api/statistics.ts';

/** A line of a plot: a value for each minute, `null` where there is none. */
export type Series = {
  readonly label: string;
  /** The custom property of the style that has its colour. */
  readonly colour: string;
  /** Lengths of strokes and gaps, so that lines are told apart without their colours. */
  readonly dash?: number[];
  readonly values: readonly (number | null)[];
};

export type Plot = {
  /** Seconds since the epoch, as the plots take them. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
};

type Item = Statistics['items'][number];

const MINUTE_MS = 60_000;

/** Returns tasks by minute. A minute that the API does not mention had none. */
export function throughputPlot(statistics: Statistics): Plot {
  const { times, items } = byMinute(statistics);
  const counts = (name: 'accepted' | 'succeeded' | 'failed') => items.map((item) => item?.[name] ?? 0);
  return {
    times,
    series: [
      { label: 'accepted', colour: '--running', values: counts('accepted') },
      { label: 'succeeded', colour: '--succeeded', dash: [8, 3], values: counts('succeeded') },
      { label: 'failed', colour: '--failed', dash: [3, 3], values: counts('failed') },
    ],
  };
}

/** Returns percentiles of a duration in milliseconds by minute, where anything was measured. */
export function percentilePlot(statistics: Statistics, name: 'waitMilliseconds' | 'runMilliseconds'): Plot {
  const { times, items } = byMinute(statistics);
  const values = (rank: 'p50' | 'p95' | 'p99') => items.map((item) => item?.[name]?.[rank] ?? null);
  return {
    times,
    series: [
      { label: 'p50', colour: '--succeeded', values: values('p50') },
      { label: 'p95', colour: '--queued', dash: [8, 3], values: values('p95') },
      { label: 'p99', colour: '--waiting', dash: [3, 3], values: values('p99') },
    ],
  };
}

/** So many have a line of their own, those that cost most; the others share one. */
const COSTLY = 3;
const COST_LINES: readonly Omit<Series, 'label' | 'values'>[] = [
  { colour: '--running' },
  { colour: '--succeeded', dash: [8, 3] },
  { colour: '--waiting', dash: [3, 3] },
  { colour: '--muted', dash: [1, 3] },
];

/** Values of costs are in these: an axis has whole steps. */
export const MICRODOLLARS = 1_000_000;

/** A plot has so many steps at most: a step is a minute, or more where there are many. */
const MOST_STEPS = 97;

/** What something has cost, minute by minute. */
export type CostGroup = { readonly label: string } & Pick<Statistics['byType'][number], 'cost' | 'costs'>;

/** Returns how many minutes a step of a plot of costs has. */
export const minutesOfStep = (range: Range): number => Math.ceil(minutesOf(range) / MOST_STEPS);

/** Returns what each of some groups costs by step, in microdollars. */
export function costPlot(range: Range, groups: readonly CostGroup[]): Plot {
  const start = Date.parse(range.from);
  const stepMs = minutesOfStep(range) * MINUTE_MS;
  const steps = Math.ceil((minutesOf(range) * MINUTE_MS) / stepMs);
  const byCost = groups.filter(({ cost }) => cost.usd > 0).toSorted((one, other) => other.cost.usd - one.cost.usd);
  const rest = byCost.slice(COSTLY);
  const lines: Omit<CostGroup, 'cost'>[] = byCost.slice(0, COSTLY);
  if (rest.length > 0) lines.push({ label: 'others', costs: rest.flatMap(({ costs }) => costs) });
  const sums = (costs: CostGroup['costs']): number[] => {
    const values = Array<number>(steps).fill(0);
    for (const { minute, usd } of costs) {
      const step = Math.floor((Date.parse(minute) - start) / stepMs);
      values[step] = (values[step] ?? 0) + usd * MICRODOLLARS;
    }
    return values;
  };
  return {
    times: Array.from({ length: steps }, (_, step) => (start + step * stepMs) / 1000),
    series: lines.map(({ label, costs }, place) => ({
      ...(COST_LINES[place] ?? { colour: '--muted' }),
      label,
      values: sums(costs),
    })),
  };
}

type Range = Pick<Statistics, 'from' | 'to'>;

const minutesOf = ({ from, to }: Range): number =>
  Math.max(1, Math.round((Date.parse(to) - Date.parse(from)) / MINUTE_MS));

/** Returns the places of values that no stroke leads to or from, as those before and behind them are missing. */
export const lonePlaces = (values: readonly (number | null | undefined)[]): number[] =>
  values.flatMap((_, place) => {
    const [before, value, behind] = [place - 1, place, place + 1].map((one) => values[one] ?? undefined);
    return value !== undefined && before === undefined && behind === undefined ? [place] : [];
  });

function byMinute({ from, to, items }: Statistics): { times: number[]; items: (Item | undefined)[] } {
  const start = Date.parse(from);
  const count = Math.max(0, Math.round((Date.parse(to) - start) / MINUTE_MS));
  const found = new Map(items.map((item) => [Date.parse(item.minute), item]));
  const minutes = Array.from({ length: count }, (_, index) => start + index * MINUTE_MS);
  return { times: minutes.map((minute) => minute / 1000), items: minutes.map((minute) => found.get(minute)) };
}
