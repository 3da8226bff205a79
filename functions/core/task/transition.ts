import { LANE_RETENTION_DAYS, MAX_QUEUE_DELAY_SECONDS } from '../../contract.ts';
import { compact } from '../compact.ts';
import type { IdHolder } from '../deletion/tombstone.ts';
import type { LeaseToken } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { Payload } from './payload.ts';
import { type RetryPolicy, retryDelaySeconds } from './retry.ts';
import {
  attemptsGranted,
  type CancelledTask,
  type FailedTask,
  type FanOutState,
  type FinishedTask,
  isFinished,
  type NewTask,
  type ParentRef,
  type QueuedTask,
  type RunningTask,
  type SucceededTask,
  type Task,
  type TaskError,
  type TaskSeed,
  type WaitingTask,
} from './task.ts';

/** The next status of a claimed task, which `settle` writes. */
export type Settlement =
  | { readonly status: 'succeeded'; readonly output: Payload; readonly finishedAt: number }
  | { readonly status: 'failed'; readonly error: TaskError; readonly finishedAt: number }
  | { readonly status: 'cancelled'; readonly finishedAt: number }
  | {
      readonly status: 'queued';
      readonly error: TaskError;
      readonly notBefore: number;
      /** When the sweeper is to send it, where that is later than a queue can delay. */
      readonly dueAt?: number;
      /** The attempt began nothing, and does not count. */
      readonly attemptIsGivenBack?: true;
    }
  /** `reconcileAt`: when the sweeper is to reconcile it. */
  | { readonly status: 'waiting'; readonly fanOut: FanOutState; readonly reconcileAt: number };

/** The errors of an attempt that could not send its request, since the server it calls was down or took no more. */
const SENT_NOTHING = ['circuit_open', 'connections_busy'];

/** After so many attempts of a task none is given back: a server that stays down fails its tasks in the end. */
const MAX_GIVEN_BACK = 100;

/**
 * Returns the settlement of a failed attempt: another try while the error and the attempts allow it, otherwise the end. An
 * attempt that sent nothing is given back, and waits the longer the more of them there were.
 */
export function settlementOfFailure(
  task: RunningTask,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  retry: RetryPolicy,
  now: number,
  random: number,
): Settlement {
  const { error, retryAfterSeconds } = outcome;
  const isGivenBack = SENT_NOTHING.includes(error.code) && task.attempt < MAX_GIVEN_BACK;
  const isSpent = task.attempt >= task.maxAttempts && !isGivenBack;
  if (!error.retryable || isSpent) return { status: 'failed', error, finishedAt: now };
  const number = task.attempt - (isGivenBack ? 0 : (task.attemptsBeforeRetry ?? 0));
  const delaySeconds = retryDelaySeconds(retry, number, random, retryAfterSeconds);
  return queuedAgain(error, now, delaySeconds, isGivenBack);
}

/**
 * Returns the settlement of an attempt whose task has to wait for others of its tenant: it is given back, as often as it
 * takes.
 */
export const settlementOfWait = (error: TaskError, now: number, delaySeconds: number): Settlement =>
  queuedAgain(error, now, delaySeconds, true);

function queuedAgain(error: TaskError, now: number, delaySeconds: number, isGivenBack: boolean): Settlement {
  const notBefore = now + delaySeconds * 1000;
  return compact({
    status: 'queued' as const,
    error,
    notBefore,
    dueAt: delaySeconds > MAX_QUEUE_DELAY_SECONDS ? notBefore : undefined,
    attemptIsGivenBack: isGivenBack ? (true as const) : undefined,
  });
}

/** How a claim met the task it found. */
export type Claimability =
  | { readonly result: 'claimable' }
  | { readonly result: 'finished'; readonly task: FinishedTask }
  | { readonly result: 'leased'; readonly until: number }
  | { readonly result: 'not_due'; readonly until: number }
  /** Its executor is gone and it is to be cancelled: there is nothing to run, only to settle. */
  | { readonly result: 'cancel_requested'; readonly task: RunningTask }
  /** Its executor is gone, and its last attempt with it: there is nothing to run, only to settle. */
  | { readonly result: 'attempts_spent'; readonly task: RunningTask }
  /** Its subtasks have not ended. */
  | { readonly result: 'waiting'; readonly task: WaitingTask }
  | { readonly result: 'conflict' };

const DAY_MILLISECONDS = 86_400_000;

/** Returns for how many days the row of an ended task is there, shown or not: longer than its lane keeps a message of it. */
export const rowDaysOf = (retentionDays: number): number => Math.max(retentionDays, LANE_RETENTION_DAYS + 1);

/**
 * Says whether a task without a row can have had one. A row that was never written is made by the claim. A row that TTL has taken
 * is of a task that has run, and a message of it may still come: again from its lane, or from the dead letters. However long its
 * type keeps tasks, that takes as long as the shortest row is there.
 */
export const canHaveEnded = ({ createdAt, runAt = 0 }: TaskSeed, now: number): boolean =>
  now >= Math.max(createdAt, runAt) + rowDaysOf(0) * DAY_MILLISECONDS;

/** Says whether what is past its time gives way to a task of its id: to one that was submitted after that. */
export const givesWayTo = (holder: IdHolder, { createdAt }: TaskSeed): boolean =>
  'freeAt' in holder ? createdAt >= holder.freeAt : 'finishedAt' in holder && createdAt > holder.finishedAt;

/** Says whether `fingerprint` may claim `task` now, and if not, why: the same as the condition of the claim's write. */
export function claimability(task: Task, fingerprint: string, now: number): Claimability {
  if (task.fingerprint !== fingerprint) return { result: 'conflict' };
  switch (task.status) {
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return { result: 'finished', task };
    case 'running':
      if (task.leaseExpiresAt > now) return { result: 'leased', until: task.leaseExpiresAt };
      if (task.cancelRequestedAt !== undefined) return { result: 'cancel_requested', task };
      return task.attempt < task.maxAttempts ? { result: 'claimable' } : { result: 'attempts_spent', task };
    case 'waiting':
      return { result: 'waiting', task };
    case 'scheduled':
      return claimabilityFrom(task.runAt, now);
    case 'queued':
      return claimabilityFrom(task.notBefore ?? 0, now);
  }
}

const claimabilityFrom = (time: number, now: number): Claimability =>
  time <= now ? { result: 'claimable' } : { result: 'not_due', until: time };

export type Lease = { readonly token: LeaseToken; readonly expiresAt: number };

/** Takes a task from scheduled, queued, or abandoned while running, to running with one attempt more. */
export function claimed(task: NewTask | RunningTask, lease: Lease, now: number): RunningTask {
  const { status: _, ...rest } = task;
  const { notBefore: _notBefore, error: _error, ...kept } = rest as Omit<QueuedTask, 'status'>;
  return {
    ...kept,
    status: 'running',
    attempt: task.attempt + 1,
    leaseToken: lease.token,
    leaseExpiresAt: lease.expiresAt,
    startedAt: now,
  };
}

/** Takes a task from scheduled, queued or waiting to cancelled. */
export function cancelled(task: NewTask | WaitingTask, now: number): CancelledTask {
  const { notBefore: _notBefore, error: _error, ...kept } = task as QueuedTask;
  return { ...kept, status: 'cancelled', finishedAt: now };
}

/** What a retry changes of a task beside its attempts. */
export type RetryTerms = {
  /** Another input than before. */
  readonly input?: Payload;
  /** The version of the schema that has taken this. */
  readonly inputVersion?: string;
  /** Which of its subtasks run `again`, where the others are kept. Without it they will be others. */
  readonly fanOut?: FanOutState;
  /** Where a subtask belongs whose parent was fanned out anew, and takes it over. */
  readonly parent?: ParentRef;
  /** Only the end at this time is followed by another life, in milliseconds since the epoch; any, unless given. */
  readonly endedAt?: number;
};

/** What is written into a subtask before its parent has it run again. */
export type AmendTerms = Omit<RetryTerms, 'parent' | 'endedAt'>;

/**
 * Says whether a retry is for the task as it is: it has ended, was not taken over already, and is fanned out as its retry was told. One
 * that has succeeded runs again only for the sake of its subtasks.
 */
export const isRetryable = (task: Task, { fanOut, parent, endedAt }: RetryTerms): task is FinishedTask =>
  isFinished(task) &&
  (endedAt === undefined || task.finishedAt === endedAt) &&
  (task.status !== 'succeeded' || fanOut?.again !== undefined) &&
  (fanOut === undefined || fanOut.attempt === task.fanOut?.attempt) &&
  (parent === undefined || parent.attempt > (task.parent?.attempt ?? 0));

/** What came of tasks that have ended. */
type Ends = Partial<Pick<FailedTask, 'error'> & Pick<SucceededTask, 'output'>>;

/** Takes a task that has ended to queued, with as many attempts as it was given first. */
export function retried(task: FinishedTask, { endedAt: _endedAt, ...terms }: RetryTerms = {}): QueuedTask {
  const { finishedAt: _finishedAt, startedAt: _startedAt, fanOut: _, ...rest } = ofInput(task, terms);
  // It runs at once, whatever it was asked to wait for.
  const { error: _error, output: _output, runAt: _runAt, ...kept } = rest as typeof rest & Ends;
  return { ...kept, ...compact(terms), status: 'queued', ...attemptsAgain(task) };
}

/** Takes a task that has ended to what its next attempt is to find, once its parent has it run again. */
export function amended(task: FinishedTask, terms: AmendTerms): FinishedTask {
  const { fanOut: _, ...kept } = ofInput(task, terms);
  return { ...kept, ...compact(terms) } as FinishedTask;
}

/** Takes from a task what was of its input, where it is to have another. */
function ofInput(task: FinishedTask, { input }: RetryTerms): FinishedTask {
  const { inputVersion: _, ...other } = task;
  return input === undefined ? task : other;
}

/** Gives a task as many attempts as before, behind those that were made. */
export const attemptsAgain = (task: Omit<Task, 'input'>) => ({
  maxAttempts: task.attempt + attemptsGranted(task),
  attemptsBeforeRetry: task.attempt,
});

/** Gives a task one attempt more, in place of one that does not count. */
export const attemptGivenBack = ({ maxAttempts, attemptsBeforeRetry = 0 }: Omit<Task, 'input'>) => ({
  maxAttempts: maxAttempts + 1,
  attemptsBeforeRetry: attemptsBeforeRetry + 1,
});

/** Takes a task from waiting to queued: all subtasks have ended, and an attempt may combine them. */
export function resumed(task: WaitingTask): QueuedTask {
  const { startedAt: _, ...kept } = task;
  return { ...kept, status: 'queued' };
}

/** Takes a task from waiting to failed, as a subtask has. */
export const failedBySubtask = (task: WaitingTask, error: TaskError, now: number): FailedTask => ({
  ...task,
  status: 'failed',
  error,
  finishedAt: now,
});

/** Says whether `task` is what this settlement of `attempt` has made of it: then a repeated settle has found itself. */
export const isSettledBy = (task: Task, attempt: number, settlement: Settlement): boolean =>
  task.attempt === attempt &&
  task.status === settlement.status &&
  (task.status === 'waiting' ||
    ('finishedAt' in task
      ? 'finishedAt' in settlement && task.finishedAt === settlement.finishedAt
      : 'notBefore' in task && 'notBefore' in settlement && task.notBefore === settlement.notBefore));

/** Takes a running task to what the settlement says; the lease ends with it. */
export function settled(task: RunningTask, settlement: Settlement): Task {
  const { status: _, leaseToken: _token, leaseExpiresAt: _expiry, cancelRequestedAt: _flag, ...rest } = task;
  const { progress: _progress, startedAt, ...kept } = rest;
  if (settlement.status === 'queued') {
    const { dueAt: _due, attemptIsGivenBack = false, ...queued } = settlement;
    return { ...kept, ...(attemptIsGivenBack && attemptGivenBack(task)), ...queued };
  }
  if (settlement.status !== 'waiting') return { ...kept, startedAt, ...settlement };
  const { status, fanOut } = settlement;
  // What combines is no retry of what was fanned out: it has attempts of its own.
  return { ...kept, ...attemptsAgain(task), startedAt, status, fanOut };
}
