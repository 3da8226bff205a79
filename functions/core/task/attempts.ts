import { compact } from '../compact.ts';
import { type AttemptError, type AttemptRecord, LOST_CODE } from './attempt-record.ts';
import type { Progress, Task } from './task.ts';

export const ATTEMPT_OUTCOMES = [
  'running',
  'succeeded',
  'failed',
  'retried',
  'cancelled',
  'fanned_out',
  'given_back',
  'lost',
] as const;

/** One attempt of a task, as far as it is known. Times are milliseconds since the epoch. */
export type Attempt = {
  readonly number: number;
  readonly outcome: (typeof ATTEMPT_OUTCOMES)[number];
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly executorKey?: string;
  readonly error?: AttemptError;
  readonly progress?: Progress;
};

/** No more attempts than this are told of one task: the latest. */
export const MOST_ATTEMPTS = 100;

/**
 * Returns the latest attempts of a task, first to last: the row tells of the last one, and the records of those before that did not
 * go well, or that a retry came after. `wasFannedOut` tells of any other whether it ended in subtasks. Of what neither knows its executor was lost, and
 * with it whatever it would have told.
 */
export function attemptsOf(
  task: Task,
  records: readonly AttemptRecord[],
  wasFannedOut: (number: number) => boolean,
): Attempt[] {
  const byNumber = new Map(records.map((record) => [record.number, record]));
  return numbersOf(task).map((number) => {
    const record = byNumber.get(number);
    if (record !== undefined) return record;
    const latest = number === task.attempt ? latestAttempt(task) : undefined;
    if (latest !== undefined) return { number, executorKey: task.executorKey, ...latest };
    return { number, outcome: wasFannedOut(number) ? 'fanned_out' : 'lost' };
  });
}

/** Returns the attempts of which neither the row nor a record tells. */
export function untoldAttempts(task: Task, records: readonly AttemptRecord[]): number[] {
  const told = new Set(records.map(({ number }) => number));
  return numbersOf(task).filter(
    (number) => !told.has(number) && !(number === task.attempt && latestAttempt(task) !== undefined),
  );
}

function numbersOf({ attempt }: Task): number[] {
  const count = Math.min(attempt, MOST_ATTEMPTS);
  return Array.from({ length: count }, (_, place) => attempt - count + 1 + place);
}

/** Returns what the row tells of the last attempt, where it still does: a retry by a user leaves nothing of it there. */
function latestAttempt(task: Task): Omit<Attempt, 'number'> | undefined {
  const isFannedOut = task.fanOut?.attempt === task.attempt;
  switch (task.status) {
    case 'running':
      return compact({ outcome: 'running' as const, startedAt: task.startedAt, progress: task.progress });
    case 'succeeded':
      return { outcome: 'succeeded', startedAt: task.startedAt, endedAt: task.finishedAt };
    case 'waiting':
      return { outcome: 'fanned_out', startedAt: task.startedAt };
    case 'failed':
      // It was a subtask that failed it.
      if (isFannedOut) return { outcome: 'fanned_out', startedAt: task.startedAt };
      if (task.error.code === LOST_CODE) return { outcome: 'lost', startedAt: task.startedAt };
      return { outcome: 'failed', startedAt: task.startedAt, endedAt: task.finishedAt, error: task.error };
    case 'cancelled':
      if (task.startedAt === undefined) return undefined;
      if (isFannedOut) return { outcome: 'fanned_out', startedAt: task.startedAt };
      return { outcome: 'cancelled', startedAt: task.startedAt, endedAt: task.finishedAt };
    case 'queued':
      return task.error === undefined ? undefined : { outcome: 'retried', error: task.error };
    case 'scheduled':
      return undefined;
  }
}
