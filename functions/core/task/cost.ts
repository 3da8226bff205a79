import { CHECK_PERIOD_SECONDS } from '../../contract.ts';
import type { StepPrices } from '../../metrics.ts';
import { isFinished, type Task } from './task.ts';
import { type EndedAttempt, endedAttemptOf, type TaskUsage } from './task-change.ts';
import { sampledTraceOf } from './trace-header.ts';

/** Nanodollars in all, and those of the executors' time among them. */
export type Cost = { readonly nanodollars: number; readonly computeNanodollars: number };

/** An attempt's lease is renewed so often, by a write each time. */
export const RENEWAL_SECONDS = 2 * CHECK_PERIOD_SECONDS;

const FREE: Cost = { nanodollars: 0, computeNanodollars: 0 };

/**
 * Returns what it cost to bring a task from its `former` state to that `after` it, `at` a time (milliseconds since the epoch), at list
 * prices: an estimate, by what its row tells. Reads, and what is paid by the second, are not in it.
 */
export function costOfChange(
  former: Task | undefined,
  after: Task,
  at: number,
  usage: TaskUsage,
  prices: StepPrices,
): Cost {
  if (former?.status === after.status && former.attempt === after.attempt) return FREE;
  const attempt = endedAttemptOf(former, after, at, usage);
  const compute = attempt === undefined ? 0 : computeOf(attempt, usage, prices);
  const platform =
    usage.writeUnits * prices.write +
    prices.event +
    (former === undefined ? submitOf(after, usage, prices) : 0) +
    (former !== undefined && isAskedFor(former, after) ? prices.request : 0) +
    (former !== undefined && isFinished(former) ? prices.message : 0) +
    (attempt === undefined ? 0 : attemptOf(attempt, usage, prices));
  return { nanodollars: Math.round(platform + compute), computeNanodollars: Math.round(compute) };
}

/**
 * A subtask comes without a request of its own, and in the trace of its parent; so does an attempt. A message of a bulk holds so many
 * tasks that its part is left out.
 */
function submitOf(task: Task, { submittedTogether }: TaskUsage, prices: StepPrices): number {
  const request = task.parent === undefined ? prices.request + traceOf(task, prices) : 0;
  return request / submittedTogether + (submittedTogether === 1 ? prices.message : 0) + prices.storage;
}

/** Somebody has called the API to retry or cancel it. */
const isAskedFor = (former: Task, after: Task): boolean =>
  // A subtask that its parent takes over runs again without a call of its own.
  (isFinished(former) && former.parent?.attempt === after.parent?.attempt) ||
  (after.status === 'cancelled' && former.status !== 'running');

const lastedOf = ({ former, endedAt }: EndedAttempt, { executorMilliseconds = 0 }: TaskUsage): number =>
  Math.max(executorMilliseconds, endedAt - former.startedAt);

/** An attempt that had half of its executor's time had half of its invocation, too; one that had none had no part of it. */
function attemptOf(attempt: EndedAttempt, usage: TaskUsage, prices: StepPrices): number {
  const lasted = lastedOf(attempt, usage);
  const { executorMilliseconds } = usage;
  const share = executorMilliseconds === undefined ? 1 : executorMilliseconds / Math.max(1, lasted);
  const renewals = Math.floor(lasted / 1000 / RENEWAL_SECONDS);
  return renewals * prices.write + share * prices.invocation + prices.attempt;
}

function computeOf(attempt: EndedAttempt, usage: TaskUsage, prices: StepPrices): number {
  const { executorMilliseconds = lastedOf(attempt, usage) } = usage;
  // Of a class that is gone nobody knows it any more.
  const gigabytes = prices.gigabytes[attempt.former.resourceClass] ?? 0;
  return (executorMilliseconds / 1000) * gigabytes * prices.gigabyteSecond;
}

const traceOf = ({ traceHeader }: Task, { trace }: StepPrices): number =>
  sampledTraceOf(traceHeader) === undefined ? 0 : trace;
