import type { Attempt } from '../api/attempt.ts';
import { isFinished, type TaskSummary } from '../api/task.ts';
import { duration, timeOf } from './format.ts';

/** A stretch of a task's life. `earlier` holds attempts of which only the number is known. */
export type Stretch = {
  readonly kind: 'delayed' | 'queued' | 'earlier' | 'running' | 'waiting' | 'failed' | 'cancelled' | 'ahead';
  readonly label: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
};

/** Something that happened, or is to happen, to a task. */
export type LifeEvent = {
  readonly label: string;
  /** Milliseconds since the epoch; `undefined` where the API does not tell. */
  readonly at: number | undefined;
  readonly tone?: string;
  readonly note?: string;
  /** What an attempt failed by. */
  readonly error?: NonNullable<Attempt['error']>;
};

/** How an attempt is told of: in a word, and by the status whose colour it has. */
const TOLD: Readonly<Record<string, { readonly verb: string; readonly tone: string }>> = {
  running: { verb: 'started', tone: 'running' },
  succeeded: { verb: 'succeeded', tone: 'succeeded' },
  failed: { verb: 'failed', tone: 'failed' },
  retried: { verb: 'failed', tone: 'failed' },
  cancelled: { verb: 'was cancelled', tone: 'cancelled' },
  fanned_out: { verb: 'made subtasks', tone: 'waiting' },
  given_back: { verb: 'could not begin', tone: 'queued' },
  lost: { verb: 'was lost', tone: 'failed' },
};

const toldOf = ({ outcome }: Attempt) => TOLD[outcome] ?? { verb: outcome, tone: 'cancelled' };

/** Returns how the time of a task went by, whose attempts are known. */
export function stretchesOf(task: TaskSummary, attempts: readonly Attempt[], now: number): Stretch[] {
  const end = timeOf(task.finishedAt) ?? now;
  const stretches: Stretch[] = [];
  let before = timeOf(task.createdAt) ?? now;
  for (const [place, attempt] of attempts.entries()) {
    const { number, startedAt, endedAt, outcome } = attempt;
    const from = timeOf(startedAt);
    if (from === undefined) continue;
    // What a row says of when to run is about its first attempt until there is another.
    const dueAt = task.attempt === 1 ? Math.min(timeOf(task.runAt) ?? before, from) : before;
    const waited = duration(from - dueAt);
    const label = number === 1 ? `Queued for ${waited}` : `Waited for ${waited}`;
    stretches.push(
      { kind: 'delayed', label: `Not to run for ${duration(dueAt - before)}`, from: before, to: dueAt },
      { kind: 'queued', label, from: dueAt, to: from },
    );
    const next = timeOf(attempts[place + 1]?.startedAt);
    before = timeOf(endedAt) ?? next ?? end;
    const { verb, tone } = toldOf(attempt);
    const kind = outcome === 'fanned_out' ? 'waiting' : tone === 'failed' || tone === 'cancelled' ? tone : 'running';
    const lasted = duration(before - from);
    const told = outcome === 'running' ? `runs for ${lasted}` : `${verb} after ${lasted}`;
    const asTold = outcome === 'fanned_out' ? `and its subtasks: ${lasted}` : told;
    stretches.push({ kind, label: `Attempt ${number} ${asTold}`, from, to: before });
  }
  if (isFinished(task)) {
    const last = attempts.at(-1);
    const isTold = last?.startedAt !== undefined;
    const label = isTold ? `Waited for ${duration(end - before)}` : `Attempt ${last?.number} and its wait`;
    return [...stretches, { kind: isTold ? 'queued' : 'earlier', label, from: before, to: end }];
  }
  const dueAt = timeOf(task.runAt) ?? now;
  return [
    ...stretches,
    { kind: 'queued', label: `Waits for ${duration(now - before)}`, from: before, to: now },
    {
      kind: 'ahead',
      label: `Next attempt in ${duration(dueAt - now)}`,
      from: now,
      to: task.status === 'queued' ? dueAt : now,
    },
  ];
}

/** Returns what is to be told of each attempt. */
export const eventsOfAttempts = (attempts: readonly Attempt[]): LifeEvent[] =>
  attempts.map((attempt) => {
    const { number, startedAt, endedAt, outcome, error, progress } = attempt;
    const { verb, tone } = toldOf(attempt);
    const [from, to] = [timeOf(startedAt), timeOf(endedAt)];
    const notes = [
      from === undefined || to === undefined ? undefined : `ran for ${duration(to - from)}`,
      progress === undefined || outcome === 'running' ? undefined : `at ${Math.round(progress.fraction * 100)} %`,
      outcome === 'lost' ? 'Nothing was kept of it: its executor was killed, most likely.' : undefined,
    ].filter((note) => note !== undefined);
    const event = { label: `Attempt ${number} ${verb}`, at: from, tone };
    return {
      ...event,
      ...(notes.length === 0 ? {} : { note: notes.join(', ') }),
      ...(error === undefined ? {} : { error }),
    };
  });
