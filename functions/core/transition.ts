import type { LeaseToken } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { Payload } from './payload.ts';
import { type RetryPolicy, retryDelaySeconds } from './retry.ts';
import type { FinishedTask, QueuedTask, RunningTask, Task, TaskError } from './task.ts';

/** What `settle` writes: the next status of a claimed task. */
export type Settlement =
  | { readonly status: 'succeeded'; readonly output: Payload; readonly finishedAt: number }
  | { readonly status: 'failed'; readonly error: TaskError; readonly finishedAt: number }
  | { readonly status: 'queued'; readonly error: TaskError; readonly notBefore: number };

/** The settlement of a failed attempt: another try while the error and the attempts allow it, otherwise the end. */
export function settlementOfFailure(
  task: RunningTask,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  retry: RetryPolicy,
  now: number,
  random: number,
): Settlement {
  const { error, retryAfterSeconds } = outcome;
  if (!error.retryable || task.attempt >= task.maxAttempts) return { status: 'failed', error, finishedAt: now };
  const delaySeconds = retryDelaySeconds(retry, task.attempt, random, retryAfterSeconds);
  return { status: 'queued', error, notBefore: now + delaySeconds * 1000 };
}

/** How a claim met the task it found. */
export type Claimability =
  | { readonly result: 'claimable' }
  | { readonly result: 'finished'; readonly task: FinishedTask }
  | { readonly result: 'leased'; readonly until: number }
  | { readonly result: 'not_due'; readonly until: number }
  | { readonly result: 'conflict' };

/** May `fingerprint` claim `task` now? The condition of the claim's write, in words. */
export function claimability(task: Task, fingerprint: string, now: number): Claimability {
  if (task.fingerprint !== fingerprint) return { result: 'conflict' };
  switch (task.status) {
    case 'succeeded':
    case 'failed':
      return { result: 'finished', task };
    case 'running':
      return task.leaseExpiresAt <= now ? { result: 'claimable' } : { result: 'leased', until: task.leaseExpiresAt };
    case 'queued':
      return (task.notBefore ?? 0) <= now ? { result: 'claimable' } : { result: 'not_due', until: task.notBefore ?? 0 };
  }
}

export type Lease = { readonly token: LeaseToken; readonly expiresAt: number };

/** queued (or abandoned while running) -> running, one attempt more. */
export function claimed(task: QueuedTask | RunningTask, lease: Lease, now: number): RunningTask {
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

/** Is `task` what this settlement of `attempt` has made of it? Then a repeated settle has found itself. */
export const isSettledBy = (task: Task, attempt: number, settlement: Settlement): boolean =>
  task.attempt === attempt &&
  task.status === settlement.status &&
  ('finishedAt' in task
    ? 'finishedAt' in settlement && task.finishedAt === settlement.finishedAt
    : 'notBefore' in task && 'notBefore' in settlement && task.notBefore === settlement.notBefore);

/** running -> what the settlement says; the lease ends with it. */
export function settled(task: RunningTask, settlement: Settlement): Task {
  const { status: _, leaseToken: _token, leaseExpiresAt: _expiry, startedAt, ...kept } = task;
  return settlement.status === 'queued' ? { ...kept, ...settlement } : { ...kept, startedAt, ...settlement };
}
