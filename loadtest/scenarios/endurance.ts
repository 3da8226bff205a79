import { steady } from './arrivals.ts';
import type { GarbageNote } from './garbage.ts';
import { EXPECTED_MIX, isSubmit } from './mix.ts';
import type { Group } from './process-usage.ts';
import { isPrompt, type Run } from './run.ts';
import { type Finding, type Scenario, type Table, warmUp } from './scenario.ts';
import { isGrowing, type Point, type Trend, trendOf } from './trends.ts';

/** What starts up takes memory, and has it. Of a shorter run, half. */
const SETTLING_MS = 5 * 60_000;
const MEGABYTE = 1024 * 1024;
/** Of p99 at the end, by p99 at the begin: more is a drift. */
const DRIFT = 1.25;
const MOST_ROWS = 12;

/** The expected mix for long: at half of what the stress test has shown, unless a rate is given. */
export const endurance: Scenario = {
  name: 'endurance',
  description: 'The expected mix for long: memory that grows, and answers that become slower, show',
  rateMeans: "requests a second; half of the stress test's peak where docs/performance/stress.json has one",
  defaults: { rate: 15, minutes: 30 },
  mix: EXPECTED_MIX,
  *phases({ rate, minutes }) {
    yield warmUp(rate);
    yield steady('endurance', minutes * 60, rate);
  },
  evaluate(run, tasks) {
    const since = run.begunAt + Math.min(SETTLING_MS, (run.loadEndedAt - run.begunAt) / 2);
    const memory = memoryTrends(run, since);
    const growing = memory.filter((trend) => trend.group !== 'local cloud' && grows(trend));
    const cloud = memory.find(({ group }) => group === 'local cloud')?.resident;
    const submits = run.requests.filter(isSubmit);
    const open = tasks.filter(({ endedAt }) => endedAt === undefined).length;
    return {
      findings: [
        { name: "functions' processes whose memory grows", value: growing.length, isGood: growing.length === 0 },
        ...(cloud === undefined ? [] : growthOfCloud(cloud, tasks.filter(({ dueAt }) => dueAt >= since).length)),
        drift('submit', pointsOf(submits, since)),
        drift('end to end', pointsOf(tasks.filter(isPrompt), since)),
        { name: 'open at the end, tasks', value: open, isGood: open === 0 },
      ],
      tables: [memoryTable(memory)],
    };
  },
};

type Timed = { readonly dueAt: number; readonly endedAt: number | undefined };

const pointsOf = (found: readonly Timed[], since: number): Point[] =>
  found.flatMap(({ dueAt, endedAt }) =>
    dueAt < since || endedAt === undefined ? [] : [{ at: dueAt, value: endedAt - dueAt }],
  );

function drift(what: string, points: readonly Point[]): Finding {
  const trend = trendOf(points, 'p99');
  const name = `p99 of ${what} in the last fifth, by the first`;
  if (trend === undefined) return { name, value: 'too little seen', isGood: false };
  const ratio = Math.round((trend.last / trend.first) * 100) / 100;
  return { name, value: ratio, isGood: ratio <= DRIFT };
}

type MemoryTrend = {
  readonly process: string;
  readonly group: Group;
  readonly resident: Trend;
  /** Of the heaps of all threads after full collections, and of what the process has beside them then, where it noted any. */
  readonly heap: Trend | undefined;
  readonly native: Trend | undefined;
};

/**
 * A process grows by what it keeps. The room that V8 takes for young objects grows by itself with the most that came at a
 * time, to its limit of some 50 MB: a process that notes its collections is judged without it.
 */
const grows = ({ resident, heap, native }: MemoryTrend): boolean =>
  heap === undefined || native === undefined ? isGrowing(resident) : isGrowing(heap) || isGrowing(native);

/** Whose memory says nothing of Millrace: the load generator keeps all that it has seen. */
const LEFT_OUT: readonly Group[] = ['load generator', 'everything else'];

/** Of each process that was there for most of the time after a moment, the most growing first. */
function memoryTrends({ processes, garbage, loadEndedAt }: Run, since: number): MemoryTrend[] {
  const isIn = ({ at }: { readonly at: number }) => at >= since && at <= loadEndedAt;
  const notes = Map.groupBy(
    garbage.filter((note) => isIn(note) && note.isFull),
    ({ pid }) => pid,
  );
  const longest = (loadEndedAt - since) * 0.8;
  const watched = processes.filter((sample) => isIn(sample) && !LEFT_OUT.includes(sample.group));
  return [...Map.groupBy(watched, ({ pid }) => pid)]
    .flatMap(([pid, samples]) => {
      const resident = trendOf(samples.map(({ at, residentBytes }) => ({ at, value: residentBytes })));
      const [first, last] = [samples[0], samples.at(-1)];
      if (resident === undefined || first === undefined || last === undefined || last.at - first.at < longest)
        return [];
      const noted = notes.get(pid) ?? [];
      const kept = keptOf(noted);
      const heap = trendOf(kept.map(({ at, heapBytes }) => ({ at, value: heapBytes })));
      const native = trendOf(kept.map(({ at, nativeBytes }) => ({ at, value: nativeBytes })));
      const name = noted[0]?.functionName ?? first.group;
      return [{ process: `${name}, process ${pid}`, group: first.group, resident, heap, native }];
    })
    .sort((a, b) => b.resident.last - b.resident.first - (a.resident.last - a.resident.first));
}

/** A thread that has noted nothing for so long is gone: each notes once a minute. */
const THREAD_MS = 90_000;

/** Returns what a process keeps, by what its main thread and its others have noted of full collections. */
function keptOf(noted: readonly GarbageNote[]) {
  return noted
    .filter(({ thread }) => thread === 0)
    .map(({ at, processBytes }) => {
      const recent = noted.filter((note) => note.at <= at && note.at > at - THREAD_MS);
      const threads = [...new Map(recent.map((note) => [note.thread, note])).values()];
      const roomBytes = threads.reduce((sum, note) => sum + note.roomBytes, 0);
      const heapBytes = threads.reduce((sum, note) => sum + note.heapBytes, 0);
      return { at, heapBytes, nativeBytes: processBytes - roomBytes };
    });
}

const memoryTable = (memory: readonly MemoryTrend[]): Table => ({
  title: 'Memory of processes once they have settled, in the first fifth of the time, the third and the last',
  columns: [
    'process',
    ...['resident MB', 'heaps kept MB', 'beside them MB'].flatMap((name) => [name, 'then', 'at last']),
    'grows',
  ],
  rows: memory
    .slice(0, MOST_ROWS)
    .map((trend) => [
      trend.process,
      ...[trend.resident, trend.heap, trend.native].flatMap((of) =>
        [of?.first, of?.middle, of?.last].map((bytes) => (bytes === undefined ? null : megabytes(bytes))),
      ),
      grows(trend) ? 'yes' : 'no',
    ]),
});

/** It keeps every task, as a table does. Between the middle of the first fifth and of the last, four fifths of them came. */
function growthOfCloud({ first, last }: Trend, tasks: number): Finding[] {
  const kilobytes = (last - first) / 1024 / Math.max(1, tasks * 0.8);
  return [
    { name: 'MB that the local cloud grew by, with its tables', value: megabytes(last - first) },
    { name: 'KB of it for a task', value: Math.round(kilobytes * 10) / 10 },
  ];
}

const megabytes = (bytes: number): number => Math.round((bytes / MEGABYTE) * 10) / 10;
