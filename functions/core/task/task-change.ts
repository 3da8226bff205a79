import { isFinished, type RunningTask, type Task } from './task.ts';

/** What a change of a row tells of what it took, beside the task. */
export type TaskUsage = {
  /** How many tasks the request submitted that submitted this one. */
  readonly submittedTogether: number;
  /** The time of its executor that the last attempt took, shared with those that ran beside it; missing where it was not measured. */
  readonly executorMilliseconds?: number;
  /** When the last attempt ended whose task went on, in milliseconds since the epoch. */
  readonly attemptEndedAt?: number;
  /** Of the row, its indexes and its payloads. */
  readonly writeUnits: number;
};

/** One change of a task's row. */
export type TaskChange = {
  /** Names the change among all others of the task. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The task as it was and as it is; missing where there was or is none. */
  readonly before: Task | undefined;
  readonly after: Task | undefined;
  readonly usage: TaskUsage;
};

/** What a change did to its task. */
type Transition = 'accepted' | 'started' | 'succeeded' | 'failed' | 'cancelled' | 'retried' | 'fannedOut' | 'reopened';

/** Returns the task before a change. A row past its retention gives way to another task of the same idempotency key. */
export const formerOf = ({ before }: TaskChange, after: Task): Task | undefined =>
  before?.createdAt === after.createdAt ? before : undefined;

/** Says what happened to a task between its `former` state and that `after` it: nothing, mostly one thing, or two. */
export function transitionsOf(former: Task | undefined, after: Task): Transition[] {
  const isStarted = after.status === 'running' && after.attempt > (former?.attempt ?? 0);
  const wasFinished = former !== undefined && isFinished(former);
  return [
    ...(former === undefined ? (['accepted'] as const) : []),
    ...(isStarted ? (['started'] as const) : []),
    ...(isFinished(after) && !wasFinished ? [after.status] : []),
    ...(former?.status === 'running' && after.status === 'queued' ? (['retried'] as const) : []),
    ...(former?.status === 'running' && after.status === 'waiting' ? (['fannedOut'] as const) : []),
    ...(wasFinished && !isFinished(after) ? (['reopened'] as const) : []),
  ];
}

/** An attempt that a change has ended. */
export type EndedAttempt = { readonly former: RunningTask; readonly endedAt: number };

/** Returns the attempt that a change has ended, if any. The row of a task that goes on says when; otherwise its change does. */
export function endedAttemptOf(
  former: Task | undefined,
  after: Task,
  at: number,
  usage: TaskUsage,
): EndedAttempt | undefined {
  if (former?.status !== 'running' || after.status === 'running') return undefined;
  return { former, endedAt: 'finishedAt' in after ? after.finishedAt : (usage.attemptEndedAt ?? at) };
}
