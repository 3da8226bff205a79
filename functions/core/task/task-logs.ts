import type { Clock } from '../ports.ts';
import type { Attempt } from './attempts.ts';
import type { TaskId } from './ids.ts';
import { type LogLine, lineAbout } from './log-line.ts';
import type { Task } from './task.ts';

/** A line as it is kept: when it was written, in milliseconds since the epoch, and its text. */
export type StoredLine = { readonly at: number; readonly text: string };

export type LogQuery = {
  /** Names the executor whose log it is. */
  readonly executorKey: string;
  /** Lines that have this in them. */
  readonly containing: TaskId;
  /** The first and the last moment, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly most: number;
  /** What stood in `next` of the answer before, to the same query. */
  readonly token?: string | undefined;
};

/** Reads what executors have logged. */
export interface ExecutorLogs {
  /**
   * Returns lines, the oldest first; there may be more where `next` is there, be there none now. `busy`: it takes no more calls for
   * the moment. `stale`: it does not know the token, or not any more.
   */
  find(query: LogQuery): Promise<{ readonly lines: readonly StoredLine[]; readonly next?: string } | 'busy' | 'stale'>;
}

/** Where a page begins: at a moment, behind so many lines of it that were given, or within what a token stands for until `to`. */
export type LogPosition = {
  readonly from: number;
  readonly skip: number;
  readonly within?: { readonly to: number; readonly token: string };
};

export type LogPage = { readonly lines: readonly LogLine[]; readonly next?: LogPosition };

/** One page takes so many calls at most, and begins none later than this: its caller waits for it. */
const MOST_CALLS = 10;
const PATIENCE_MILLISECONDS = 8_000;

type LogPorts = { readonly logs: ExecutorLogs; readonly clock: Clock };

/**
 * Returns a page of what was logged about a task, the oldest first: it is looked for where and while its attempts ran. A page that is
 * not full is the last, or all that was found in time: `next` says which. `busy` where nothing could be read for now.
 */
export async function readTaskLogs(
  task: Task,
  attempts: readonly Attempt[],
  { limit, start = { from: 0, skip: 0 } }: { readonly limit: number; readonly start?: LogPosition | undefined },
  { logs, clock }: LogPorts,
): Promise<LogPage | 'busy' | 'stale'> {
  const deadline = clock() + PATIENCE_MILLISECONDS;
  const given: { readonly at: number; readonly line: LogLine }[] = [];
  const page = (next?: LogPosition): LogPage => {
    const lines = given.map(({ line }) => line);
    return next === undefined ? { lines } : { lines, next };
  };
  let calls = 0;
  for (const span of spansOf(task, attempts, clock())) {
    if (span.to < start.from) continue;
    let at: LogPosition = start.from >= span.from ? start : { from: span.from, skip: 0 };
    for (;;) {
      if (calls++ === MOST_CALLS || clock() >= deadline) return page(at);
      const { from, skip, within } = at;
      const to = within?.to ?? span.to;
      const most = limit - given.length + skip + 1;
      const found = await logs.find({ ...span, containing: task.id, from, to, most, token: within?.token });
      if (found === 'stale' || (found === 'busy' && given.length === 0)) return found;
      if (found === 'busy') return page(at);
      let skipped = 0;
      for (const { at: time, text } of found.lines) {
        const line = lineAbout(task.id, text);
        if (line === undefined) continue;
        if (time === from && skipped < skip) skipped++;
        else if (given.length === limit) return page(behind(given, start));
        else given.push({ at: time, line });
      }
      if (found.next === undefined) break;
      at = { from, skip: skip - skipped, within: { to, token: found.next } };
    }
  }
  return page();
}

/** Returns the place behind the last line that was given. */
function behind(given: readonly { readonly at: number }[], start: LogPosition): LogPosition {
  const from = given.at(-1)?.at ?? start.from;
  const skip = given.filter(({ at }) => at === from).length;
  return { from, skip: from === start.from ? start.skip + skip : skip };
}

/** A stretch of the log of one executor. */
type Span = { readonly executorKey: string; readonly from: number; readonly to: number };

/** The clocks of two machines differ by so much, and lines of what an attempt has left behind may come so much later. */
const BEFORE_MILLISECONDS = 2_000;
const AFTER_MILLISECONDS = 30_000;

/** To look once through what lies between two attempts is less than to ask twice. */
const GAP_MILLISECONDS = 60_000;

/** Returns where a task's attempts may have logged: of one whose times are not known, whatever lies between those beside it. */
function spansOf(task: Task, attempts: readonly Attempt[], now: number): Span[] {
  const [first] = attempts;
  if (first === undefined) return [];
  const untold = first.number > 1 ? [{ number: 1, outcome: 'lost' as const }] : [];
  const all: readonly Attempt[] = [...untold, ...attempts];
  const end = 'finishedAt' in task ? task.finishedAt : now;
  const spans: Span[] = [];
  let before = task.createdAt;
  for (const [place, { startedAt = before, endedAt, executorKey = task.executorKey }] of all.entries()) {
    const next = all.slice(place + 1).find((attempt) => attempt.startedAt !== undefined)?.startedAt;
    before = endedAt ?? next ?? end;
    const from = startedAt - BEFORE_MILLISECONDS;
    const to = Math.min(now, before + AFTER_MILLISECONDS);
    const last = spans.at(-1);
    if (last?.executorKey === executorKey && from <= last.to + GAP_MILLISECONDS) {
      spans[spans.length - 1] = { ...last, to: Math.max(last.to, to) };
    } else spans.push({ executorKey, from, to });
  }
  return spans;
}
