import type { LimitFunction } from 'p-limit';
import type { BatchTaskDefinition } from '../../core/define-task.ts';
import { type ExecutorPorts, settleByOf } from '../executor-ports.ts';
import type { DeliveredTask } from '../messages/delivery.ts';
import type { Disposition, HandledTask } from '../messages/disposition.ts';
import { inTrace } from '../telemetry.ts';
import { attemptMilliseconds, type ClaimedTask, claimTask, refusalOf, releaseAfterFailure } from './attempt.ts';
import { runBatch } from './run-batch.ts';
import { settleAttempt } from './settle-outcome.ts';
import { TimeShares } from './time-share.ts';

/**
 * Claims each of the tasks, runs those that are ours in one call, and settles each with its own outcome; `limit` is shared
 * with the other batches under way. What fails of the platform, fails for its task alone. Never throws.
 */
export async function executeBatch(
  delivered: readonly DeliveredTask[],
  definition: BatchTaskDefinition,
  deadline: number,
  limit: LimitFunction,
  shared: ExecutorPorts,
): Promise<HandledTask[]> {
  const time = (shared.timeShares ?? new TimeShares()).begin();
  // The first that is settled has the time of all: they are of one tenant and one type.
  const ports = { ...shared, takeTime: time.take };
  const claims = await Promise.all(
    delivered.map(async (one) => {
      const release = (error: unknown) => ({ disposition: releaseAfterFailure(one.task, error, ports) });
      return { one, claim: await limit(() => claimTask(one.task, deadline, ports)).catch(release) };
    }),
  );
  const claimed = claims.flatMap(({ claim }) => ('claimed' in claim ? [claim.claimed] : []));
  const attempt = beginAttempts(claimed, definition, deadline, limit, ports);
  const handled = Promise.all(
    claims.map(async ({ one, claim }) => {
      if ('disposition' in claim) return { ...one, disposition: claim.disposition };
      const release = (error: unknown) => releaseAfterFailure(one.task, error, ports);
      return { ...one, disposition: await attempt(claim.claimed).catch(release) };
    }),
  );
  return handled.finally(time.end);
}

/** Begins the one call for all tasks that can run; what it returns brings each claimed task to its end. */
function beginAttempts(
  claimed: readonly ClaimedTask[],
  definition: BatchTaskDefinition,
  deadline: number,
  limit: LimitFunction,
  ports: ExecutorPorts,
): (one: ClaimedTask) => Promise<Disposition> {
  const runnable = claimed.filter((one) => refusalOf(one, definition) === undefined);
  const shortest = Math.min(...runnable.map(({ task }) => attemptMilliseconds(task, deadline, ports)));
  const outcomes = runBatch(definition, runnable, shortest, ports);
  return (one) =>
    inTrace(one.task, ports, async (annotate) => {
      const { task } = one;
      const outcome = refusalOf(one, definition) ?? (await outcomes)(task);
      return limit(() => settleAttempt(task, outcome, definition, settleByOf(task, deadline), ports, annotate));
    });
}
