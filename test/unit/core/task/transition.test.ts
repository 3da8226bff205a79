import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../../functions/core/task/outcome.ts';
import {
  attemptsGranted,
  isFinished,
  type QueuedTask,
  type RunningTask,
  seedOf,
  type Task,
} from '../../../../functions/core/task/task.ts';
import { claimability, claimed, settled, settlementOfFailure } from '../../../../functions/core/task/transition.ts';
import { tasks } from '../../../doubles/task-arbitraries.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 5, 1);
const error = { code: 'boom', message: 'it went wrong', retryable: true };
const lease = { token: 'lease-2' as never, expiresAt: NOW + 25_000 };
const seed = taskSeed();
const queued: QueuedTask = { ...seed, status: 'queued', attempt: 0 };
const scheduled: Task = { ...seed, status: 'scheduled', attempt: 0, runAt: NOW };
const cancelledTask: Task = { ...seed, status: 'cancelled', attempt: 0, finishedAt: NOW };
const running: RunningTask = {
  ...seed,
  status: 'running',
  attempt: 1,
  leaseToken: 'lease-1' as never,
  leaseExpiresAt: NOW,
  startedAt: NOW - 10_000,
};
const times = { startedAt: NOW - 10_000, finishedAt: NOW - 5000 };
const succeeded: Task = { ...seed, status: 'succeeded', attempt: 1, output: { inline: 1 }, ...times };
const failed: Task = { ...seed, status: 'failed', attempt: 1, error, ...times };
const claimable = { result: 'claimable' };

describe('claimability', () => {
  it.each<[string, Task, object]>([
    ['queued', queued, claimable],
    ['queued and due', { ...queued, notBefore: NOW }, claimable],
    ['queued and not due', { ...queued, notBefore: NOW + 1 }, { result: 'not_due', until: NOW + 1 }],
    ['scheduled and due', scheduled, claimable],
    ['scheduled and not due', { ...scheduled, runAt: NOW + 1 }, { result: 'not_due', until: NOW + 1 }],
    ['running with an ended lease', running, claimable],
    [
      'running with an ended lease, and to be cancelled',
      { ...running, cancelRequestedAt: NOW },
      { result: 'cancel_requested', task: { ...running, cancelRequestedAt: NOW } },
    ],
    [
      'running, and to be cancelled',
      { ...running, leaseExpiresAt: NOW + 1, cancelRequestedAt: NOW },
      { result: 'leased', until: NOW + 1 },
    ],
    ['cancelled', cancelledTask, { result: 'finished', task: cancelledTask }],
    ['running', { ...running, leaseExpiresAt: NOW + 1 }, { result: 'leased', until: NOW + 1 }],
    ['succeeded', succeeded, { result: 'finished', task: succeeded }],
    ['failed', failed, { result: 'finished', task: failed }],
  ])('of a task that is %s', (_, task, result) => {
    expect(claimability(task, seed.fingerprint, NOW)).toEqual(result);
  });

  it('is a conflict for every task of another submit', () => {
    fc.assert(
      fc.property(tasks, (task) => {
        expect(claimability(task, 'another', NOW)).toEqual({ result: 'conflict' });
      }),
    );
  });

  it('is lost only to a live lease, a later time, a cancel or the end', () => {
    fc.assert(
      fc.property(tasks, fc.integer({ min: 1, max: Date.UTC(2100, 0, 1) }), (task, now) => {
        const { result } = claimability(task, task.fingerprint, now);
        expect(result === 'finished').toBe(isFinished(task));
        expect(result === 'leased').toBe(task.status === 'running' && task.leaseExpiresAt > now);
        expect(result === 'cancel_requested').toBe(
          task.status === 'running' && task.leaseExpiresAt <= now && task.cancelRequestedAt !== undefined,
        );
        expect(result === 'not_due').toBe(
          (task.status === 'queued' && task.notBefore !== undefined && task.notBefore > now) ||
            (task.status === 'scheduled' && task.runAt > now),
        );
      }),
    );
  });
});

describe('claimed', () => {
  const claim = { status: 'running', leaseToken: lease.token, leaseExpiresAt: lease.expiresAt, startedAt: NOW };

  it.each<[string, Parameters<typeof claimed>[0], number]>([
    ['a new task', queued, 1],
    ['a failed attempt, less its error and delay', { ...queued, attempt: 1, error, notBefore: NOW }, 2],
    ['an attempt whose executor was lost', running, 2],
  ])('takes %s', (_, task, attempt) => {
    expect(claimed(task, lease, NOW)).toStrictEqual({ ...seed, ...claim, attempt });
  });
});

describe('settled', () => {
  it.each([
    [{ status: 'succeeded', output: { inline: 1 }, finishedAt: NOW }, { startedAt: running.startedAt }],
    [{ status: 'failed', error, finishedAt: NOW }, { startedAt: running.startedAt }],
    [{ status: 'queued', error, notBefore: NOW }, {}],
  ] as const)('as %o drops the lease, and the start of what will start again', (settlement, started) => {
    expect(settled(running, settlement)).toStrictEqual({ ...seed, attempt: 1, ...started, ...settlement });
  });
});

describe('settlementOfFailure', () => {
  const retry = { maxAttempts: 99, baseDelaySeconds: 4, maxDelaySeconds: 60 };
  const outcome = (retryable: boolean, retryAfterSeconds?: number): Extract<Outcome, { kind: 'failed' }> => ({
    kind: 'failed',
    error: { ...error, retryable },
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });

  it.each([
    ['is not retryable', 1, outcome(false)],
    ['is not retryable, though it says when', 1, outcome(false, 7)],
    ['was the last one', 3, outcome(true)],
    ['was more than the last one', 4, outcome(true, 7)],
  ])('ends the task where the failed attempt %s', (_, attempt, failure) => {
    expect(settlementOfFailure({ ...running, attempt }, failure, retry, NOW, 0.5)).toStrictEqual({
      status: 'failed',
      error: failure.error,
      finishedAt: NOW,
    });
  });

  it.each([
    [1, 0.5, outcome(true), 2],
    [2, 0.5, outcome(true), 4],
    [1, 0, outcome(true), 0],
    [1, 0, outcome(true, 33), 33],
    [1, 0, outcome(true, 900), 900],
  ])('after attempt %i, with the chance %f, queues the task again', (attempt, random, failure, seconds) => {
    expect(settlementOfFailure({ ...running, attempt }, failure, retry, NOW, random)).toStrictEqual({
      status: 'queued',
      error: failure.error,
      notBefore: NOW + seconds * 1000,
    });
  });

  it.each([
    [901, 901],
    [5000, 5000],
    [99_999, 99_999],
    [604_800, 604_800],
    [604_801, 604_800],
    [1e300, 604_800],
  ])('leaves a task that is to wait for %f s to the sweeper', (asked, seconds) => {
    const notBefore = NOW + seconds * 1000;
    expect(settlementOfFailure({ ...running, attempt: 1 }, outcome(true, asked), retry, NOW, 0)).toStrictEqual({
      status: 'queued',
      error,
      notBefore,
      dueAt: notBefore,
    });
  });

  describe.each(['circuit_open', 'connections_busy'])('of an attempt that sent nothing (%s)', (code) => {
    const refused = (attempt: number) => {
      const failure = outcome(true, 10);
      const open = { ...failure, error: { ...failure.error, code } };
      const task = { ...running, attempt, attemptsBeforeRetry: 0 };
      return { task, settlement: settlementOfFailure(task, open, { ...retry, maxDelaySeconds: 3600 }, NOW, 0.999) };
    };

    it('gives it back, whatever its number, and its last one too', () => {
      for (const attempt of [1, running.maxAttempts, running.maxAttempts + 5, 99]) {
        const { task, settlement } = refused(attempt);
        expect(settlement).toMatchObject({ status: 'queued', attemptIsGivenBack: true });
        const next = settled({ ...task, maxAttempts: attempt }, settlement);
        expect(next).toMatchObject({ maxAttempts: attempt + 1, attemptsBeforeRetry: 1, attempt });
        expect(next).not.toHaveProperty('attemptIsGivenBack');
        expect(attemptsGranted(next)).toBe(attempt);
      }
    });

    it('waits the longer the more there were', () => {
      const waits = [1, 2, 5, 50].map((attempt) => {
        const { settlement } = refused(attempt);
        return 'notBefore' in settlement ? (settlement.notBefore - NOW) / 1000 : 0;
      });
      expect(waits).toEqual([10, 10, 64, 3596]);
    });

    it('gives back no more after a hundred', () => {
      expect(refused(100).settlement).toMatchObject({ status: 'failed' });
    });
  });
});

it('seedOf is what no transition changes', () => {
  fc.assert(
    fc.property(tasks, (task) => {
      const before = seedOf(task);
      if (isFinished(task) || task.status === 'waiting') return;
      const taken = claimed(task, lease, NOW);
      expect(seedOf(taken)).toStrictEqual(before);
      expect(seedOf(settled(taken, { status: 'failed', error, finishedAt: NOW }))).toStrictEqual(before);
    }),
  );
});
