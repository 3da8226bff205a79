import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contributionsOf,
  durationBucketOf,
  percentileOf,
  RELATIVE_ERROR,
  sketchOf,
  sumOf,
} from '../../../functions/core/statistics.ts';
import { newTask, type Task, type WaitingTask } from '../../../functions/core/task/task.ts';
import {
  cancelled,
  claimed,
  failedBySubtask,
  resumed,
  retried,
  settled,
} from '../../../functions/core/task/transition.ts';
import { WEBHOOK_TYPE } from '../../../functions/resource-classes.ts';
import { FREE } from '../../doubles/step-prices.ts';
import { taskSeed } from '../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 30, 15);
const ALONE = { submittedTogether: 1, writeUnits: 1 };
const error = { code: 'boom', message: 'it went wrong', retryable: true };
const lease = (token: string) => ({ token: token as never, expiresAt: NOW });
const queued = newTask(taskSeed({ createdAt: NOW - 5_000 }));
const scheduled = newTask({ ...taskSeed({ createdAt: NOW - 5_000 }), runAt: NOW - 20 });
const running = claimed(queued, lease('a'), NOW);
const again = claimed(running, lease('b'), NOW);
const failed = settled(running, { status: 'failed', error, finishedAt: NOW + 700 });
const fanOut = { attempt: 1, count: 2 };
const waiting = settled(running, { status: 'waiting', fanOut, reconcileAt: NOW }) as WaitingTask;
const told = { ...queued, type: WEBHOOK_TYPE };
const later = { ...queued, createdAt: NOW + 86_400_000 };

describe('what a change adds to a minute of its type, and to the open tasks of its tenant', () => {
  const of = (before: Task | undefined, after: Task | undefined) =>
    contributionsOf({ id: '7', at: NOW, before, after, usage: ALONE }, FREE).map(({ tally }) => tally);

  it.each<[string, Task | undefined, Task | undefined, object[]]>([
    ['a new task', undefined, queued, [{ accepted: 1 }, { open: 1 }]],
    ['a task for later', undefined, scheduled, [{ accepted: 1 }, { open: 1 }]],
    ['a delivery, which counts against no limit of open tasks', undefined, told, [{ accepted: 1 }, { open: 0 }]],
    ['a claim', queued, running, [{ started: 1, [`wait_${durationBucketOf(5_000)}`]: 1 }]],
    [
      'a claim of a scheduled task, which waits from its time on',
      scheduled,
      claimed(scheduled, lease('a'), NOW),
      [{ started: 1, [`wait_${durationBucketOf(20)}`]: 1 }],
    ],
    [
      'a row that a claim has made',
      undefined,
      running,
      [{ accepted: 1, started: 1, [`wait_${durationBucketOf(5_000)}`]: 1 }, { open: 1 }],
    ],
    ['a claim of an abandoned task', running, again, [{ started: 1 }]],
    [
      'a success',
      running,
      settled(running, { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW + 700 }),
      [{ succeeded: 1, [`run_${durationBucketOf(700)}`]: 1 }, { open: -1 }],
    ],
    ['a failure', running, failed, [{ failed: 1, [`run_${durationBucketOf(700)}`]: 1 }, { open: -1 }]],
    ['a failed attempt', running, settled(running, { status: 'queued', error, notBefore: NOW }), [{ retried: 1 }]],
    ['a cancel before any attempt', queued, cancelled(queued, NOW), [{ cancelled: 1 }, { open: -1 }]],
    [
      'a cancel of an attempt',
      running,
      settled(running, { status: 'cancelled', finishedAt: NOW + 700 }),
      [{ cancelled: 1, [`run_${durationBucketOf(700)}`]: 1 }, { open: -1 }],
    ],
    ['a retry', failed, retried(failed as never), [{ reopened: 1 }, { open: 1 }]],
    ['another task in the place of one past its retention', failed, later, [{ accepted: 1 }, { open: 1 }]],
    ['a fan-out', running, waiting, []],
    ['a parent that is to combine', waiting, resumed(waiting), []],
    ['a parent that combines', resumed(waiting), claimed(resumed(waiting), lease('c'), NOW), [{ started: 1 }]],
    [
      'a parent that fails as a subtask has',
      waiting,
      failedBySubtask(waiting, error, NOW),
      [{ failed: 1 }, { open: -1 }],
    ],
    ['a cancel of a parent', waiting, cancelled(waiting, NOW), [{ cancelled: 1 }, { open: -1 }]],
    ['a request to cancel', running, { ...running, cancelRequestedAt: NOW }, []],
    ['a release by the sweeper', queued, queued, []],
    ['a status that is not counted', running, { ...queued, status: 'sleeping' } as never, []],
    [
      'a clock that is behind',
      undefined,
      claimed({ ...queued, createdAt: NOW + 5 }, lease('a'), NOW),
      [{ accepted: 1, started: 1, wait_0: 1 }, { open: 1 }],
    ],
    ['an expiry', failed, undefined, []],
  ])('%s', (_, before, after, tallies) => {
    expect(of(before, after)).toEqual(tallies);
  });

  it('belongs to the minute in which the change was made', () => {
    expect(contributionsOf({ id: '7', at: NOW, before: undefined, after: queued, usage: ALONE }, FREE)).toMatchObject([
      { row: { tenantId: 'acme', type: 'greet', minute: Date.UTC(2026, 0, 1, 12, 30) }, sequenceNumber: '7', at: NOW },
      { row: { tenantId: 'acme' }, sequenceNumber: '7', at: NOW },
    ]);
  });
});

describe('a sketch of durations', () => {
  const durations = fc.array(fc.oneof(fc.nat(3), fc.nat(5_000), fc.nat(2 ** 31)), { minLength: 1, maxLength: 300 });
  const tallyOf = (milliseconds: readonly number[]) =>
    sumOf(milliseconds.map((one) => ({ [`run_${durationBucketOf(one)}`]: 1 })));

  it('is within its error of every percentile, however it was put together', () => {
    fc.assert(
      fc.property(durations, fc.nat(300), fc.constantFrom(0.01, 0.5, 0.95, 0.99, 1), (all, cut, rank) => {
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(rank * all.length) - 1] ?? Number.NaN;
        const merged = sumOf([tallyOf(all.slice(0, cut)), tallyOf(all.slice(cut))]);
        const estimate = percentileOf(sketchOf(merged, 'run'), rank) ?? Number.NaN;
        expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(exact * RELATIVE_ERROR * (1 + 1e-9) + 0.5);
      }),
    );
  });

  it('has no percentile while it is empty', () => {
    expect(percentileOf(sketchOf({ started: 3, wait_7: 1 }, 'run'), 0.5)).toBeUndefined();
  });
});
