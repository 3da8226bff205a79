import { describe, expect, it } from 'vitest';
import { type Cost, costOfChange } from '../../../../functions/core/task/cost.ts';
import { newTask, type Task, type WaitingTask } from '../../../../functions/core/task/task.ts';
import type { TaskUsage } from '../../../../functions/core/task/task-change.ts';
import { cancelled, claimed, resumed, retried, settled } from '../../../../functions/core/task/transition.ts';
import { totalOf } from '../../../../lib/constructs/cost-lines.ts';
import { stepPricesOf } from '../../../../lib/constructs/step-prices.ts';
import { costOf } from '../../../../planner/costs/cost-basis.ts';
import { REFERENCE_LOADS, REFERENCE_PER_SECOND, usageOfLoad } from '../../../../planner/costs/reference-loads.ts';
import { taskCosts } from '../../../../planner/costs/task-costs.ts';
import { deployConfig } from '../../../../planner/deployment.ts';
import { PRICES } from '../../../doubles/step-prices.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 1);
const error = { code: 'boom', message: 'it went wrong', retryable: true };
const lease = (token: string) => ({ token: token as never, expiresAt: NOW });
const queued = newTask(taskSeed({ createdAt: NOW }));
const running = claimed(queued, lease('a'), NOW);
const success = (lasted: number) =>
  settled(running, { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW + lasted });
const failed = settled(running, { status: 'failed', error, finishedAt: NOW });

/** Returns how often each step was paid for, by the digits of a sum: see the doubles' prices. */
function stepsOf({ nanodollars, computeNanodollars }: Cost): Record<string, number> {
  const digits = String(nanodollars - computeNanodollars)
    .split('')
    .reverse()
    .map(Number);
  return Object.fromEntries(
    Object.keys(PRICES).flatMap((step, place) => ((digits[place] ?? 0) > 0 ? [[step, digits[place] ?? 0]] : [])),
  );
}
const cost = (before: Task | undefined, after: Task, usage: Partial<TaskUsage> = {}) =>
  costOfChange(before, after, NOW, { submittedTogether: 1, writeUnits: 1, ...usage }, PRICES);
const steps = (...given: Parameters<typeof cost>) => stepsOf(cost(...given));

describe('a change is paid for by its steps', () => {
  const parent = { id: queued.id, attempt: 1, index: 0, depth: 1 };
  const sampled = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
  const attempt = { write: 1, event: 1, invocation: 1, attempt: 1 };
  it.each<[string, Record<string, number>, Record<string, number>]>([
    [
      'a submit',
      steps(undefined, queued, { writeUnits: 3 }),
      { request: 1, message: 1, write: 3, event: 1, storage: 1 },
    ],
    [
      'a sampled submit',
      steps(undefined, { ...queued, traceHeader: sampled }),
      { request: 1, message: 1, write: 1, event: 1, storage: 1, trace: 1 },
    ],
    [
      'a subtask of a sampled parent',
      steps(undefined, { ...queued, parent, traceHeader: sampled }),
      { message: 1, write: 1, event: 1, storage: 1 },
    ],
    [
      'an attempt of a sampled task',
      steps(
        { ...running, traceHeader: sampled },
        { ...success(500), traceHeader: sampled },
        { executorMilliseconds: 500 },
      ),
      attempt,
    ],
    ['a subtask', steps(undefined, { ...queued, parent }), { message: 1, write: 1, event: 1, storage: 1 }],
    ['a claim', steps(queued, running), { write: 1, event: 1 }],
    ['a claim of an abandoned task', steps(running, claimed(running, lease('b'), NOW)), { write: 1, event: 1 }],
    ['a success', steps(running, success(500), { executorMilliseconds: 500 }), attempt],
    ['a success after 25 s, whose lease was renewed twice', steps(running, success(25_000)), { ...attempt, write: 3 }],
    ['a failed attempt', steps(running, settled(running, { status: 'queued', error, notBefore: NOW })), attempt],
    [
      'a fan-out',
      steps(running, settled(running, { status: 'waiting', fanOut: { attempt: 1, count: 2 }, reconcileAt: NOW })),
      attempt,
    ],
    ['a cancel', steps(queued, cancelled(queued, NOW), { writeUnits: 3 }), { request: 1, write: 3, event: 1 }],
    ['a retry', steps(failed, retried(failed as never)), { request: 1, message: 1, write: 1, event: 1 }],
    ['a renewal of a lease', steps(running, { ...running, leaseExpiresAt: NOW + 1 }), {}],
    ['a release by the sweeper', steps(queued, queued), {}],
  ])('%s', (_, paid, expected) => {
    expect(paid).toEqual(expected);
  });

  it('a parent that goes on is written', () => {
    const waiting = settled(running, {
      status: 'waiting',
      fanOut: { attempt: 1, count: 2 },
      reconcileAt: NOW,
    }) as WaitingTask;
    expect(steps(waiting, resumed(waiting))).toEqual({ write: 1, event: 1 });
  });

  it('a bulk shares its request', () => {
    expect(cost(undefined, queued, { submittedTogether: 100, writeUnits: 0 }).nanodollars).toBe(
      Math.round(PRICES.request / 100 + PRICES.event + PRICES.storage),
    );
  });

  it('an attempt pays for its share of the executor, and of the invocation', () => {
    const half = cost(running, success(1_000), { executorMilliseconds: 500, writeUnits: 0 });
    expect(half.computeNanodollars).toBe(Math.round(0.5 * 0.25 * PRICES.gigabyteSecond));
    expect(half.nanodollars - half.computeNanodollars).toBe(PRICES.event + PRICES.attempt + PRICES.invocation / 2);
  });

  const AFTER = 10_000;
  it.each<[string, Task]>([
    ['succeed', success(AFTER)],
    ['fail', settled(running, { status: 'failed', error, finishedAt: NOW + AFTER })],
    ['are cancelled', settled(running, { status: 'cancelled', finishedAt: NOW + AFTER })],
    ['are tried again', settled(running, { status: 'queued', error, notBefore: NOW + 60_000 })],
    [
      'fan out',
      settled(running, { status: 'waiting', fanOut: { attempt: 1, count: 2 }, reconcileAt: NOW + 60_000 }) as Task,
    ],
  ])('attempts that %s pay for one invocation together, side by side or in a batch', (_, after) => {
    const prices = { ...PRICES, write: 0, event: 0, attempt: 0, gigabyteSecond: 0 };
    const invocationsOf = (shares: readonly number[]): number =>
      shares.reduce((sum, executorMilliseconds) => {
        const usage = { submittedTogether: 1, executorMilliseconds, writeUnits: 0 };
        return sum + costOfChange(running, after, NOW + AFTER, usage, prices).nanodollars;
      }, 0) / prices.invocation;
    expect(invocationsOf(Array(10).fill(AFTER / 10))).toBeCloseTo(1);
    expect(invocationsOf([AFTER, ...Array(99).fill(0)])).toBe(1);
  });
});

describe('what the statistics say of a million tasks is what the planner says of them', () => {
  const config = deployConfig({});
  const prices = stepPricesOf(config);
  const SAMPLED = 0.015;
  const OVERHEAD_MILLISECONDS = 15;

  it.each(REFERENCE_LOADS)('within 8 %: $title', (load) => {
    const { bulk, batch } = load;
    const planned = taskCosts(usageOfLoad(load, REFERENCE_PER_SECOND), config);
    const all = Object.values(planned).reduce((sum, lines) => sum + totalOf(lines), 0);
    const usage = { submittedTogether: bulk, executorMilliseconds: OVERHEAD_MILLISECONDS / batch };
    const lifeOf = (task: Task) => {
      const started = claimed(task as never, lease('a'), NOW);
      const ended = settled(started, {
        status: 'succeeded',
        output: { inline: 1 },
        finishedAt: NOW + OVERHEAD_MILLISECONDS,
      });
      const { writes } = costOf('submit a task');
      const half = costOf('claim and settle').writes / 2;
      return [
        costOfChange(undefined, task, NOW, { ...usage, writeUnits: writes }, prices),
        costOfChange(task, started, NOW, { ...usage, writeUnits: half }, prices),
        costOfChange(started, ended, NOW, { ...usage, writeUnits: half }, prices),
      ].reduce((sum, { nanodollars }) => sum + nanodollars, 0);
    };
    const traceHeader = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
    const counted = SAMPLED * lifeOf({ ...queued, traceHeader }) + (1 - SAMPLED) * lifeOf(queued);
    // A nanodollar for each is a dollar for a thousand million.
    const perMillion = counted / 1_000;
    expect(Math.abs(perMillion / all - 1), `${perMillion} of ${all}`).toBeLessThan(0.08);
  });
});
