import type { Limiter } from '../../core/concurrency.ts';
import type { BatchTaskDefinition } from '../../core/define-task.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { type ExecutorPorts, settleByOf } from '../executor-ports.ts';
import type { Disposition } from '../messages/visibility.ts';
import { inTrace } from '../telemetry.ts';
import { attemptMilliseconds, type Claimed, claimTask, recordWait, refusalOf, releaseAfterFailure } from './attempt.ts';
import { runBatch } from './run-batch.ts';
import { settleAttempt } from './settle.ts';

/**
 * Claims each of the tasks, runs those that are ours in one call, and settles each with its own outcome; all `inTurn` with
 * the other batches under way. What fails of the platform, fails for its task alone. Never throws.
 */
export async function executeBatch<Arrival extends { readonly task: TaskSeed }>(
  arrivals: readonly Arrival[],
  definition: BatchTaskDefinition,
  deadline: number,
  inTurn: Limiter,
  ports: ExecutorPorts,
): Promise<(Arrival & { readonly verdict: Disposition })[]> {
  const claims = await Promise.all(
    arrivals.map(async (arrival) => {
      const failed = (error: unknown) => ({ verdict: releaseAfterFailure(arrival.task, error, ports) });
      return { arrival, claim: await inTurn(() => claimTask(arrival.task, deadline, ports)).catch(failed) };
    }),
  );
  const claimed = claims.flatMap(({ claim }) => ('claimed' in claim ? [claim.claimed] : []));
  const attempts = attemptsOf(claimed, definition, deadline, inTurn, ports);
  return Promise.all(
    claims.map(async ({ arrival, claim }) => {
      if ('verdict' in claim) return { ...arrival, verdict: claim.verdict };
      const failed = (error: unknown) => releaseAfterFailure(arrival.task, error, ports);
      return { ...arrival, verdict: await attempts(claim.claimed).catch(failed) };
    }),
  );
}

/** Begins the one call for all that can run; what it returns brings each claimed task to its end. */
function attemptsOf(
  claimed: readonly Claimed[],
  definition: BatchTaskDefinition,
  deadline: number,
  inTurn: Limiter,
  ports: ExecutorPorts,
): (one: Claimed) => Promise<Disposition> {
  const runnable = claimed.filter((one) => refusalOf(one, definition) === undefined);
  const shortest = Math.min(...runnable.map(({ task }) => attemptMilliseconds(task, deadline, ports)));
  const called = runBatch(definition, runnable, shortest, ports);
  return (one) =>
    inTrace(one.task, ports, async (annotate) => {
      const { task } = one;
      await recordWait(task, ports);
      const outcome = refusalOf(one, definition) ?? (await called)(task);
      return inTurn(() => settleAttempt(task, outcome, definition, settleByOf(task, deadline), ports, annotate));
    });
}
