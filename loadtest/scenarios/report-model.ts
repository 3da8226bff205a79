import { isSubmit, type Mix } from './mix.ts';
import { type Percentiles, percentilesOf } from './percentiles.ts';
import { GROUPS, groupOf } from './process-usage.ts';
import { isPrompt, type Run, type TaskTimes, taskTimes } from './run.ts';
import { type Finding, type Scenario, type Table, WARM_UP } from './scenario.ts';
import { type Series, seriesOf, sum } from './series.ts';

type Counts = Readonly<Record<string, number>>;
/** Milliseconds, of all (end to end without batch lanes) and by lane. */
type Latency = { readonly all: Percentiles | undefined; readonly lanes: Readonly<Record<string, Percentiles>> };

export type Usage = {
  readonly group: string;
  readonly cpuSeconds: number;
  readonly cpuMillisecondsPerTask: number;
  readonly mostBytes: number;
  readonly mostProcesses: number;
  /** `null` where nothing notes them. */
  readonly collections: number | null;
  readonly collectionMilliseconds: number | null;
};

/** Where and when a run took place. */
export type Setting = {
  readonly at: string;
  readonly commit: string;
  readonly machine: string;
  readonly target: string;
};

/** What is kept of a run, and shown of it. */
export type Report = Setting & {
  readonly scenario: string;
  readonly description: string;
  readonly options: Run['options'];
  readonly mix: Mix | undefined;
  /** The warm-up included. */
  readonly loadSeconds: number;
  /** From the last answer until nothing was open; `null` where something stayed so. */
  readonly drainSeconds: number | null;
  readonly requests: number;
  readonly tasks: number;
  readonly subtasks: number;
  readonly statuses: Counts;
  readonly refusals: Counts;
  readonly errors: Counts;
  readonly replayed: number;
  /** A second, after the warm-up and while the load lasted. */
  readonly rates: { readonly requests: number; readonly accepted: number; readonly ended: number };
  readonly submit: Latency;
  readonly endToEnd: Latency;
  /** By how much the load generator was late, which is in every latency. */
  readonly generatorLateMilliseconds: Percentiles | undefined;
  readonly usage: readonly Usage[];
  readonly findings: readonly Finding[];
  readonly tables: readonly Table[];
  readonly series: Series;
};

/** What a report needs to know of what a run was for. */
export type Purpose = Pick<Scenario, 'name' | 'description' | 'evaluate'>;

export function reportOf(scenario: Purpose, run: Run, setting: Setting): Report {
  const tasks = taskTimes(run);
  const { begunAt, loadEndedAt, requests } = run;
  const warm = requests.filter(({ phase }) => phase !== WARM_UP);
  const warmFrom = warm.reduce((first, { dueAt }) => Math.min(first, dueAt), loadEndedAt);
  const warmTasks = tasks.filter(({ dueAt }) => dueAt >= warmFrom);
  const isMeanwhile = (time = 0): boolean => time >= warmFrom && time <= loadEndedAt;
  const perSecond = (count: number) => Math.round((count / Math.max(1, loadEndedAt - warmFrom)) * 10_000) / 10;
  const { findings, tables } = scenario.evaluate(run, tasks);
  return {
    scenario: scenario.name,
    description: scenario.description,
    ...setting,
    options: run.options,
    mix: run.mix,
    loadSeconds: Math.round((loadEndedAt - begunAt) / 1000),
    drainSeconds: run.drainedAt === undefined ? null : Math.round((run.drainedAt - loadEndedAt) / 100) / 10,
    requests: requests.length,
    tasks: tasks.length,
    subtasks: [...run.fates.values()].filter(({ parentId }) => parentId !== undefined).length,
    statuses: counted(tasks.map(({ status }) => status)),
    refusals: counted(requests.flatMap(({ refusals }) => refusals)),
    errors: counted(requests.flatMap(({ errors }) => errors)),
    replayed: requests.filter(({ isReplayed }) => isReplayed).length,
    rates: {
      requests: perSecond(warm.length),
      accepted: perSecond(sum(warm.map(({ accepted, isReplayed }) => (isReplayed ? 0 : accepted.length)))),
      ended: perSecond(tasks.filter(({ endedAt }) => isMeanwhile(endedAt)).length),
    },
    submit: submitLatency(warm.filter(isSubmit)),
    endToEnd: latencyOf(
      warmTasks.flatMap(({ lane, dueAt, endedAt }) =>
        endedAt === undefined ? [] : [{ lane, value: Math.round(endedAt - dueAt) }],
      ),
      isPrompt,
    ),
    generatorLateMilliseconds: percentilesOf(requests.map(({ startedAt, dueAt }) => Math.round(startedAt - dueAt))),
    usage: usageOf(run, tasks.length),
    findings: [...findings, ...always(tasks, run)],
    tables,
    series: seriesOf(run, tasks),
  };
}

/** What holds for every scenario. */
function always(tasks: readonly TaskTimes[], { requests, processes }: Run): Finding[] {
  const ended = tasks.filter(({ endedAt }) => endedAt !== undefined).length;
  const errors = requests.filter(({ errors: found }) => found.length > 0).length;
  return [
    { name: 'accepted tasks that ended', value: `${ended} of ${tasks.length}`, isGood: ended === tasks.length },
    { name: 'requests that failed, refusals apart', value: errors, isGood: errors === 0 },
    ...restOfTheMachine(processes),
  ];
}

/** Where others took much of the CPU, a run says little. */
function restOfTheMachine(processes: Run['processes']): Finding[] {
  const samples = processes.filter(({ group }) => group === 'everything else');
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return [];
  // Ticks of the whole machine and of its processes are not read in the same moment, and may come out below nothing.
  const milliseconds = Math.max(0, sum(samples.map((sample) => sample.cpuMilliseconds)));
  const cores = milliseconds / Math.max(1_000, last.at - first.at);
  return [{ name: 'cores that the rest of the machine took', value: Math.round(cores * 100) / 100 }];
}

/** A bulk and a submit of the batch type have a lane as well; what was refused or failed has none, and counts in all. */
function submitLatency(submits: Run['requests']): Latency {
  const values = submits.map(({ kind, accepted, dueAt, endedAt }) => ({
    lane: kind === 'bulk' ? 'bulk submits' : (accepted[0]?.lane ?? 'refused or failed'),
    value: Math.round(endedAt - dueAt),
  }));
  return latencyOf(values, () => true);
}

type LaneValue = { readonly lane: string; readonly value: number };

function latencyOf(values: readonly LaneValue[], isCounted: (value: LaneValue) => boolean): Latency {
  const lanes = [...Map.groupBy(values, ({ lane }) => lane)].sort(([one], [other]) => one.localeCompare(other));
  const of = (found: typeof values) => percentilesOf(found.map(({ value }) => value));
  return {
    all: of(values.filter(isCounted)),
    lanes: Object.fromEntries(
      lanes.flatMap(([lane, found]) => {
        const percentiles = of(found);
        return percentiles === undefined ? [] : [[lane, percentiles]];
      }),
    ),
  };
}

function usageOf({ processes, garbage }: Run, tasks: number): Usage[] {
  return GROUPS.map((group) => {
    const found = processes.filter((sample) => sample.group === group);
    const moments = [...Map.groupBy(found, ({ at }) => at).values()];
    const notes = garbage.filter(({ functionName }) => groupOf(functionName) === group);
    const cpuMilliseconds = Math.max(0, sum(found.map((sample) => sample.cpuMilliseconds)));
    return {
      group,
      cpuSeconds: Math.round(cpuMilliseconds / 100) / 10,
      cpuMillisecondsPerTask: tasks === 0 ? 0 : Math.round((cpuMilliseconds / tasks) * 100) / 100,
      mostBytes: Math.max(0, ...moments.map((moment) => sum(moment.map(({ residentBytes }) => residentBytes)))),
      mostProcesses: Math.max(0, ...moments.map(({ length }) => length)),
      collections: notes.length === 0 ? null : sum(notes.map(({ count }) => count)),
      collectionMilliseconds: notes.length === 0 ? null : Math.round(sum(notes.map((note) => note.milliseconds))),
    };
  }).filter(({ mostProcesses }) => mostProcesses > 0);
}

function counted(values: readonly string[]): Counts {
  const groups = [...Map.groupBy(values, (value) => value)].sort(([, one], [, other]) => other.length - one.length);
  return Object.fromEntries(groups.map(([value, found]) => [value, found.length]));
}
