import { INVOCATION_MARGIN_SECONDS } from '../contract.ts';
import { DEPLOYMENT_SECONDS, findDefinition, type TaskDefinition } from '../core/define-task.ts';
import { subtaskResults } from '../core/fan-out.ts';
import { failed, type Outcome, outcomeOfThrown } from '../core/outcome.ts';
import type { RunningTask, TaskSeed } from '../core/task.ts';
import { type Claimed, claimTask } from './claim-task.ts';
import { conclude } from './conclude.ts';
import { type ExecutorPorts, settleByOf } from './executor-ports.ts';
import { inTrace } from './in-trace.ts';
import { persistently } from './persistently.ts';
import { runBatch } from './run-batch.ts';
import { runHandler } from './run-handler.ts';
import { fieldsOf } from './task-fields.ts';
import type { Verdict } from './verdict.ts';

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
  return inTrace(task, ports, async (annotate) => {
    await recordWait(task, ports);
    const settleBy = settleByOf(task, deadline);
    const loaded = await loadedDefinition(task, ports);
    if ('broken' in loaded) return conclude(task, loaded.broken, undefined, settleBy, ports, annotate);
    const { definition } = loaded;
    const milliseconds = attemptMilliseconds(task, deadline, ports);
    const outcome =
      refusalOf(claim.claimed, definition) ??
      (await outcomeOf(claim.claimed, definition, milliseconds, settleBy, ports));
    return conclude(task, outcome, definition, settleBy, ports, annotate);
  });
}

/** The definition of a task's type, or how the attempt ends without it. */
async function loadedDefinition(task: RunningTask, { catalog, log }: ExecutorPorts) {
  try {
    return { definition: await findDefinition(catalog, task.type) };
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const reason = cause instanceof Error ? cause.stack : String(thrown);
    log('error', 'definition not loaded', { ...fieldsOf(task), reason });
    return { broken: outcomeOfThrown(thrown) };
  }
}

/** Records how long a task has waited since it was due and its type was not paused. */
export async function recordWait(task: RunningTask, { meter, settings }: ExecutorPorts): Promise<void> {
  // One that was cancelled before it began, and retried, has waited since then: no row tells when that was.
  if (task.attempt > 1 || task.attemptsBeforeRetry !== undefined) return;
  const { resumedAt = 0 } = await settings.get(task.type);
  meter.record(
    task.executorKey,
    'wait',
    Math.max(0, task.startedAt - Math.max(task.createdAt, task.runAt ?? 0, resumedAt)),
  );
}

/** How long the handler may take: the lease may have begun while others of its batch were claimed. */
export const attemptMilliseconds = (task: RunningTask, deadline: number, { clock }: ExecutorPorts): number =>
  Math.min(
    task.timeoutSeconds * 1000,
    Math.max(0, Math.min(deadline, task.leaseExpiresAt) - clock() - SETTLE_MILLISECONDS),
  );

/** Why a claimed task cannot run; `undefined` where it can. */
export function refusalOf({ task, input }: Claimed, definition: TaskDefinition | undefined): Outcome | undefined {
  if (definition === undefined) {
    // While a deployment is under way, the router may already know what this executor does not know yet.
    return failed('unknown_task_type', `this deployment has no task type ${task.type}`, true, DEPLOYMENT_SECONDS);
  }
  if (input === undefined) {
    const advice = 'submit the task anew';
    return failed('input_missing', `the input of the task is not in the payload store any more: ${advice}`, false);
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
  if (definition === undefined) throw new Error(`there is no definition of ${task.type}`);
  if (definition.batch !== undefined) {
    // Tasks of batches come together, unless their type could not be loaded a moment ago.
    const called = await runBatch(definition, [{ task, input }], timeoutMilliseconds, ports);
    return called(task);
  }
  if (task.fanOut === undefined)
    return runHandler(definition, { handler: 'run', input }, task, timeoutMilliseconds, ports);
  const results = await persistently(() => subtaskResults(task, ports), settleBy, ports);
  const lost = results.find(({ status }) => status !== 'succeeded');
  // Such a task has seen all of its subtasks succeed; of what is left of them it can make nothing.
  if (definition.fanOut?.onFailure === 'fail' && lost !== undefined && 'error' in lost) {
    return failed('subtask_failed', `${lost.error.code}: ${lost.error.message}`, false);
  }
  return runHandler(definition, { handler: 'combine', input, results }, task, timeoutMilliseconds, ports);
}
