import { isSubmit } from './mix.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import { GROUPS, type Group, groupOf } from './process-usage.ts';
import { isPrompt, type Run, type TaskTimes } from './run.ts';

/** A value for each stretch of the run; `null` where there is none. */
export type Line = readonly (number | null)[];
export type ByGroup = Readonly<Partial<Record<Group, Line>>>;
type Ranks = { readonly p50: Line; readonly p95: Line; readonly p99: Line };

/** How it went over time, in stretches of the same length. */
export type Series = {
  readonly secondsEach: number;
  /** A second: requests that were due, tasks that were accepted, ended and refused, and requests that failed. */
  readonly requests: Line;
  readonly submitted: Line;
  readonly ended: Line;
  readonly refused: Line;
  readonly failed: Line;
  /** Tasks that were accepted and had not ended, at the end of the stretch. */
  readonly open: Line;
  /** Milliseconds, by when the submit was due. */
  readonly submit: Ranks;
  readonly endToEnd: Ranks;
  /** Cores in use, bytes in memory, the sum of heaps after a collection, and milliseconds of collecting a second. */
  readonly cores: ByGroup;
  readonly residentBytes: ByGroup;
  readonly processes: ByGroup;
  readonly garbageMilliseconds: ByGroup;
};

const MOST_STRETCHES = 300;
/** The shortest has two looks at the processes. */
const LENGTHS_SECONDS = [2, 5, 10, 15, 30, 60, 120, 300];

export function seriesOf(run: Run, tasks: readonly TaskTimes[]): Series {
  const { begunAt, requests } = run;
  const seconds = ((run.drainedAt ?? run.loadEndedAt) - begunAt) / 1000;
  const secondsEach = LENGTHS_SECONDS.find((length) => seconds / length <= MOST_STRETCHES) ?? 600;
  const stretches = Math.max(1, Math.ceil(seconds / secondsEach));
  const at = (time: number): number => Math.floor((time - begunAt) / 1000 / secondsEach);
  const gathered = <T>(values: readonly T[], timeOf: (value: T) => number | undefined): T[][] => {
    const found = Array.from({ length: stretches }, (): T[] => []);
    for (const value of values) found[at(timeOf(value) ?? Number.NaN)]?.push(value);
    return found;
  };
  const perSecond = <T>(found: T[][], count: (value: T) => number = () => 1): number[] =>
    found.map((values) => rounded(sum(values.map(count)) / secondsEach));
  const [due, answered] = [gathered(requests, ({ dueAt }) => dueAt), gathered(requests, ({ endedAt }) => endedAt)];
  const accepted = answered.map((values) => values.flatMap((one) => (one.isReplayed ? [] : one.accepted)));
  const ended = gathered(tasks, ({ endedAt }) => endedAt);
  const tasksDue = gathered(tasks.filter(isPrompt), ({ dueAt }) => dueAt);
  const usage = gathered(run.processes, ({ at: time }) => time);
  const collections = gathered(run.garbage, ({ at: time }) => time);
  return {
    secondsEach,
    requests: perSecond(due),
    submitted: perSecond(accepted),
    ended: perSecond(ended),
    refused: perSecond(answered, ({ refusals }) => refusals.length),
    failed: perSecond(answered, ({ errors }) => errors.length),
    open: running(accepted.map((values, index) => values.length - (ended[index]?.length ?? 0))),
    submit: ranks(due.map((values) => values.filter(isSubmit).map(({ dueAt, endedAt }) => endedAt - dueAt))),
    endToEnd: ranks(
      tasksDue.map((values) => values.flatMap(({ dueAt, endedAt }) => (endedAt ? [endedAt - dueAt] : []))),
    ),
    cores: byGroup((group) => perSecond(usage, (one) => (one.group === group ? one.cpuMilliseconds / 1000 : 0))),
    residentBytes: byGroup((group) =>
      usage.map((values) => atOnce(values, group, ({ residentBytes }) => residentBytes)),
    ),
    processes: byGroup((group) => usage.map((values) => atOnce(values, group, () => 1))),
    garbageMilliseconds: byGroup((group) =>
      perSecond(collections, (one) => (groupOf(one.functionName) === group ? one.milliseconds : 0)),
    ),
  };
}

/** The most that the processes of a group took at any moment of a stretch. */
function atOnce(samples: Run['processes'], group: Group, of: (sample: Run['processes'][number]) => number) {
  const moments = new Map<number, number>();
  for (const one of samples) if (one.group === group) moments.set(one.at, (moments.get(one.at) ?? 0) + of(one));
  return moments.size === 0 ? null : Math.max(...moments.values());
}

const byGroup = (lineOf: (group: Group) => Line): ByGroup =>
  Object.fromEntries(
    GROUPS.map((group) => [group, lineOf(group)] as const).filter(([, line]) => line.some((value) => (value ?? 0) > 0)),
  );

function ranks(values: readonly (readonly number[])[]): Ranks {
  const found = values.map((all) => percentilesOf(all));
  const line = (rank: keyof Percentiles): Line =>
    found.map((one) => (one === undefined ? null : Math.round(one[rank])));
  return { p50: line('p50'), p95: line('p95'), p99: line('p99') };
}

function running(changes: readonly number[]): number[] {
  let open = 0;
  return changes.map((change) => {
    open += change;
    // A task may have ended before its submit is answered.
    return Math.max(0, open);
  });
}

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** To three digits after the point. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
