import { INVOCATION_MARGIN_SECONDS } from '../contract.ts';
import { findDefinition, type TaskDefinition } from '../core/define-task.ts';
import { subtaskResults } from '../core/fan-out.ts';
import { failed, type Outcome } from '../core/outcome.ts';
import type { Annotations } from '../core/ports.ts';
import { attemptsGranted, type RunningTask, type TaskSeed } from '../core/task.ts';
import { type Claimed, claimTask } from './claim-task.ts';
import { conclude } from './conclude.ts';
import { ANSWER_MILLISECONDS, type ExecutorPorts } from './executor-ports.ts';
import { persistently } from './persistently.ts';
import { runHandler } from './run-handler.ts';
import type { Verdict } from './verdict.ts';

/** Between attempts at a task whose type is not there: a deployment takes a minute or two. */
const DEPLOYMENT_SECONDS = 60;

/** What an invocation leaves of its time for settling. */
const SETTLE_MILLISECONDS = (INVOCATION_MARGIN_SECONDS / 2) * 1000;

/**
 * Claims the task of one message, runs it once and settles it, before `deadline` (milliseconds since the epoch), when
 * the function itself has to end. Throws only where the platform fails.
 */
export async function executeTask(queued: TaskSeed, deadline: number, ports: ExecutorPorts): Promise<Verdict> {
  const claim = await claimTask(queued, deadline, ports);
  if ('verdict' in claim) return claim.verdict;
  const { task } = claim.claimed;
  const definition = await findDefinition(ports.catalog, task.type);
  return inTrace(task, ports, async (annotate) => {
    recordWait(task, ports);
    const settleBy = settleByOf(task, deadline);
    const milliseconds = attemptMilliseconds(task, deadline, ports);
    const outcome =
      refusalOf(task, definition) ?? (await outcomeOf(claim.claimed, definition, milliseconds, settleBy, ports));
    return conclude(task, outcome, definition, settleBy, ports, annotate);
  });
}

/** A segment of the task's own trace, which says what became of the attempt. */
export const inTrace = (
  { id, type, traceHeader }: RunningTask,
  { tracing }: ExecutorPorts,
  work: (annotate: (more: Annotations) => void) => Promise<Verdict>,
): Promise<Verdict> => tracing.segment(type, traceHeader, { task_id: id, task_type: type }, work);

export function recordWait(task: RunningTask, { meter }: ExecutorPorts): void {
  if (task.attempt > 1) return;
  meter.record(task.executorKey, 'wait', task.startedAt - Math.max(task.createdAt, task.runAt ?? 0));
}

/** Until when a settlement can be tried again. */
export const settleByOf = (task: RunningTask, deadline: number): number =>
  Math.min(deadline, task.leaseExpiresAt) - ANSWER_MILLISECONDS;

/** How long the handler may take: the lease may have begun while others of its batch were claimed. */
export const attemptMilliseconds = (task: RunningTask, deadline: number, { clock }: ExecutorPorts): number =>
  Math.min(
    task.timeoutSeconds * 1000,
    Math.max(0, Math.min(deadline, task.leaseExpiresAt) - clock() - SETTLE_MILLISECONDS),
  );

/** Why a claimed task cannot run; `undefined` where it can. */
export function refusalOf(task: RunningTask, definition: TaskDefinition | undefined): Outcome | undefined {
  if (task.attempt > task.maxAttempts) {
    const reason = 'the executor crashed, ran out of memory or was blocked';
    return failed('executor_lost', `all ${attemptsGranted(task)} attempts ended without an outcome: ${reason}`, false);
  }
  if (definition === undefined) {
    // While a deployment is under way, the router may already know what this executor does not know yet.
    return failed('unknown_task_type', `this deployment has no task type ${task.type}`, true, DEPLOYMENT_SECONDS);
  }
  if (definition.batch === undefined || task.fanOut === undefined) return undefined;
  return failed('no_combine', `${task.type} was fanned out, and runs in batches now`, false);
}

async function outcomeOf(
  { task, input }: Claimed,
  definition: TaskDefinition | undefined,
  timeoutMilliseconds: number,
  settleBy: number,
  ports: ExecutorPorts,
): Promise<Outcome> {
  // Tasks of batches come together, unless their type could not be loaded a moment ago.
  if (definition === undefined || definition.batch !== undefined) throw new Error(`${task.type} does not run alone`);
  if (task.fanOut === undefined)
    return runHandler(definition, { handler: 'run', input }, task, timeoutMilliseconds, ports);
  const results = await persistently(() => subtaskResults(task, ports), settleBy, ports);
  return runHandler(definition, { handler: 'combine', input, results }, task, timeoutMilliseconds, ports);
}
