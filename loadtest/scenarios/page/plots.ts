import type { Earlier } from '../earlier.ts';
import type { Report } from '../report-model.ts';
import type { ByGroup, Line } from '../series.ts';

export type PlotLine = {
  readonly label: string;
  /** The custom property of the style that has its colour. */
  readonly colour: string;
  readonly values: Line;
  readonly dash?: readonly number[];
};

export type Plot = {
  readonly title: string;
  readonly unit: string;
  readonly note?: string;
  /** Seconds since the start. */
  readonly times: readonly number[];
  readonly lines: readonly PlotLine[];
};

const GROUP_COLOURS: Readonly<Record<string, string>> = {
  router: '--blue',
  executors: '--green',
  'other functions': '--violet',
  'local cloud': '--amber',
  'load generator': '--teal',
  'everything else': '--grey',
};
const MEGABYTE = 1024 * 1024;

/** What is drawn of a report, and of the one before in grey. */
export function plotsOf({ series }: Report, earlier: Earlier | undefined): Plot[] {
  const times = series.requests.map((_, index) => index * series.secondsEach);
  const before = (of: (found: Earlier['series']) => Line): PlotLine[] => {
    if (earlier === undefined) return [];
    return [{ label: 'before', colour: '--grey', dash: [3, 4], values: resampled(earlier.series, of, times) }];
  };
  const ranks = ({ p50, p95, p99 }: Report['series']['submit']): PlotLine[] => [
    { label: 'p50', colour: '--green', values: p50 },
    { label: 'p95', colour: '--amber', values: p95 },
    { label: 'p99', colour: '--red', values: p99 },
  ];
  const plots: Plot[] = [
    {
      title: 'Throughput',
      unit: 'a second',
      times,
      lines: [
        { label: 'requests due', colour: '--grey', values: series.requests },
        { label: 'tasks accepted', colour: '--blue', values: series.submitted },
        { label: 'tasks ended', colour: '--green', values: series.ended },
        { label: 'tasks refused', colour: '--amber', values: series.refused },
        { label: 'requests failed', colour: '--red', values: series.failed },
        ...before((found) => found.ended).map((line) => ({ ...line, label: 'ended before' })),
      ],
    },
    {
      title: 'Open tasks',
      unit: 'accepted, not ended',
      times,
      lines: [{ label: 'open', colour: '--blue', values: series.open }],
    },
    {
      title: 'Submits',
      unit: 'ms, from when they were due',
      times,
      lines: [
        ...ranks(series.submit),
        ...before((found) => found.submit.p95).map((line) => ({ ...line, label: 'p95 before' })),
      ],
    },
    {
      title: 'End to end',
      unit: 'ms, from when the submit was due until the task has ended; without batch lanes, which gather',
      times,
      lines: [
        ...ranks(series.endToEnd),
        ...before((found) => found.endToEnd.p95).map((line) => ({ ...line, label: 'p95 before' })),
      ],
    },
    { title: 'CPU', unit: 'cores in use', times, lines: byGroup(series.cores) },
    {
      title: 'Memory',
      unit: 'MB resident',
      note: 'What processes share counts in each.',
      times,
      lines: byGroup(series.residentBytes, MEGABYTE),
    },
    { title: 'Garbage collection', unit: 'ms a second', times, lines: byGroup(series.garbageMilliseconds) },
    { title: 'Processes', unit: 'at once', times, lines: byGroup(series.processes) },
  ];
  const isSomething = ({ values }: PlotLine) => values.some((value) => (value ?? 0) > 0);
  return plots
    .map((plot) => ({ ...plot, lines: plot.lines.filter(isSomething) }))
    .filter(({ lines }) => lines.length > 0);
}

const byGroup = (groups: ByGroup, unit = 1): PlotLine[] =>
  Object.entries(groups).map(([group, values]) => ({
    label: group,
    colour: GROUP_COLOURS[group] ?? '--grey',
    values: values.map((value) => (value === null ? null : value / unit)),
  }));

/** Those of an earlier run at the times of this one. */
function resampled(series: Earlier['series'], of: (found: Earlier['series']) => Line, times: readonly number[]): Line {
  return times.map((time) => of(series)[Math.floor(time / series.secondsEach)] ?? null);
}
