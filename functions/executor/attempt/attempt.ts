import { INVOCATION_MARGIN_SECONDS } from '../../contract.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import { DEPLOYMENT_SECONDS, findDefinition } from '../../core/definition/find-definition.ts';
import { reconcileFanOut, subtaskResults } from '../../core/fan-out/fan-out.ts';
import { propagateEnd } from '../../core/fan-out/propagate-end.ts';
import { type Reopened, reopenedFanOut } from '../../core/fan-out/reopen-fan-out.ts';
import type { JsonValue } from '../../core/json.ts';
import { laneOf } from '../../core/lane/lane.ts';
import { strayDeliveryKey } from '../../core/lane/routing.ts';
import { describedOutcome, failed, type Outcome } from '../../core/task/outcome.ts';
import type { RunningTask, TaskSeed } from '../../core/task/task.ts';
import { canHaveEnded } from '../../core/task/transition.ts';
import { isPaused } from '../../core/task-settings.ts';
import { ANSWER_MILLISECONDS, type ExecutorPorts, settleByOf } from '../executor-ports.ts';
import { ACK, type Disposition, releaseIn } from '../messages/disposition.ts';
import { visibilitySecondsOf } from '../messages/visibility.ts';
import { inTrace, logFieldsOf } from '../telemetry.ts';
import { ATTEMPT_MARGIN_SECONDS, attemptEndOf, leaseSecondsOf } from './lease-times.ts';
import { runBatch } from './run-batch.ts';
import { runHandler } from './run-handler.ts';
import { retryUntil, settleAsCancelled, settleAsLost, settleAttempt } from './settle-outcome.ts';
import { TimeShares } from './time-share.ts';

/**
 * Claims the task of one message, runs it once and settles it, before `deadline` (milliseconds since the epoch), when
 * the function itself has to end. Throws only where the platform fails.
 */
export async function executeTask(queued: TaskSeed, deadline: number, shared: ExecutorPorts): Promise<Disposition> {
  const time = (shared.timeShares ?? new TimeShares()).begin();
  try {
    return await attemptTask(queued, deadline, { ...shared, takeTime: time.take });
  } finally {
    time.end();
  }
}

async function attemptTask(queued: TaskSeed, deadline: number, ports: ExecutorPorts): Promise<Disposition> {
  const strayed = strayDeliveryKey(queued, ports.classes);
  if (strayed !== undefined) return passOn(queued, strayed, ports);
  const claim = await claimTask(queued, deadline, ports);
  if ('disposition' in claim) return claim.disposition;
  const { task } = claim.claimed;
  return inTrace(task, ports, async (annotate) => {
    const settleBy = settleByOf(task, deadline);
    const loaded = await loadDefinition(task, ports);
    if ('failure' in loaded) return settleAttempt(task, loaded.failure, undefined, settleBy, ports, annotate);
    const { definition } = loaded;
    const outcome = refusalOf(claim.claimed, definition) ?? (await runTask(claim.claimed, definition, deadline, ports));
    return settleAttempt(task, outcome, definition, settleBy, ports, annotate);
  });
}

/**
 * Sends a delivery to the lane of the class that delivers now, without an attempt: this executor cannot. That lane may not be there
 * yet, while a deployment is under way.
 */
async function passOn(queued: TaskSeed, executorKey: string, { queue, log }: ExecutorPorts): Promise<Disposition> {
  const { resourceClass } = laneOf(executorKey);
  try {
    await queue.send({ ...queued, executorKey, resourceClass }, 0);
  } catch (error) {
    log('warn', 'delivery not passed on: its message is kept', { ...logFieldsOf(queued), reason: String(error) });
    return releaseIn(DEPLOYMENT_SECONDS * 1000);
  }
  log('info', 'delivery passed on', { ...logFieldsOf(queued), executor_key: executorKey });
  return ACK;
}

/** A claim is tried this long: what is left of the attempt's time then is enough for the whole timeout, and for settling. */
const CLAIM_MILLISECONDS = (ATTEMPT_MARGIN_SECONDS - INVOCATION_MARGIN_SECONDS / 2) * 1000;

/** A task that is ours for one attempt, and its input; without one where that is not kept any more. */
export type ClaimedTask = { readonly task: RunningTask; readonly input: JsonValue | undefined };

/** Takes the task of a message for one attempt, or says what becomes of the message. Throws only where the platform fails. */
export async function claimTask(
  queued: TaskSeed,
  deadline: number,
  ports: ExecutorPorts,
): Promise<{ readonly claimed: ClaimedTask } | { readonly disposition: Disposition }> {
  if (await isPastRetention(queued, ports)) {
    ports.log('warn', 'message dropped: its task is past its retention', logFieldsOf(queued));
    return { disposition: ACK };
  }
  const paused = isPaused(queued.type, await ports.settings.get(queued.type), ports.catalog);
  // An attempt that has begun is repeated even then: it is not waiting to start.
  if (paused && (await ports.store.hold(queued, ports.clock())) === 'held') return { disposition: ACK };
  // The input is read first: one that cannot be had now costs no attempt. One that is gone does, or it would be asked for
  // ever.
  const input = await ports.payloads.get(queued.tenantId, queued.input);
  const now = ports.clock();
  const lease = {
    token: ports.ids.leaseToken(),
    expiresAt: now + leaseSecondsOf(queued.timeoutSeconds) * 1000,
  };
  // A claim is repeated under the same token: one whose answer was lost finds itself, and spends one attempt and no more.
  const claimBy = Math.min(deadline - ANSWER_MILLISECONDS, now + CLAIM_MILLISECONDS);
  const claim = await retryUntil(() => ports.store.claim(queued, lease, now), claimBy, ports);
  switch (claim.result) {
    case 'claimed':
      await ports.visibilityExtended;
      return { claimed: { task: claim.task, input: await currentInput(claim.task, queued, input, claimBy, ports) } };
    case 'finished':
      // Whoever ended it may have died before the rest was done.
      await propagateEnd(claim.task, ports);
      return { disposition: ACK };
    case 'waiting':
      // Whoever fanned it out may have died before all subtasks were there.
      await reconcileFanOut(claim.task, ports);
      return { disposition: ACK };
    case 'conflict':
      // Another submit owns this id; its own message runs it.
      ports.log('warn', 'message dropped: fingerprint mismatch', logFieldsOf(queued));
      return { disposition: ACK };
    case 'deleted':
      ports.log('info', 'message dropped: its task was deleted', logFieldsOf(queued));
      return { disposition: ACK };
    case 'cancel_requested':
      return { disposition: await settleAsCancelled(claim.task, deadline, ports) };
    case 'attempts_spent':
      return { disposition: await settleAsLost(claim.task, deadline, ports) };
    case 'leased':
    case 'not_due':
      return { disposition: releaseIn(claim.until - now) };
  }
}

/**
 * Returns the input of a claimed task. A retry may have given it another than its message has: the message may be of an attempt
 * before.
 */
async function currentInput(
  { tenantId, input, attemptsBeforeRetry }: RunningTask,
  queued: TaskSeed,
  read: JsonValue | undefined,
  readBy: number,
  ports: ExecutorPorts,
): Promise<JsonValue | undefined> {
  const isSame = attemptsBeforeRetry === undefined || JSON.stringify(input) === JSON.stringify(queued.input);
  return isSame ? read : retryUntil(() => ports.payloads.get(tenantId, input), readBy, ports);
}

/** Returns whether a message is so old that its task may have ended, and has no row any more: it is not to be made anew. */
const isPastRetention = async (queued: TaskSeed, { store, clock }: ExecutorPorts): Promise<boolean> =>
  canHaveEnded(queued, clock()) && (await store.get(queued.tenantId, queued.id, clock())) === undefined;

type LoadedDefinition = { readonly definition: TaskDefinition } | { readonly failure: Outcome };

/** Returns the definition of a task's type, or how the attempt ends without it. */
async function loadDefinition(task: RunningTask, { catalog, log }: ExecutorPorts): Promise<LoadedDefinition> {
  try {
    const definition = await findDefinition(catalog, task.type);
    if (definition !== undefined) return { definition };
    // While a deployment is under way, the router may already know what this executor does not know yet.
    const message = `this deployment has no task type ${task.type}`;
    return { failure: failed('unknown_task_type', message, true, DEPLOYMENT_SECONDS) };
  } catch (thrown) {
    const cause = thrown instanceof Error ? thrown.cause : undefined;
    const reason = cause instanceof Error ? cause.stack : String(thrown);
    log('error', 'definition not loaded', { ...logFieldsOf(task), reason });
    return { failure: describedOutcome(thrown) };
  }
}

/** Returns why a claimed task cannot run; `undefined` where it can. */
export function refusalOf({ task, input }: ClaimedTask, definition: TaskDefinition): Outcome | undefined {
  if (input === undefined) {
    const advice = 'submit the task anew';
    return failed('input_missing', `the input of the task is not in the payload store any more: ${advice}`, false);
  }
  if (definition.batch === undefined || task.fanOut === undefined) return undefined;
  return failed('no_combine', `${task.type} was fanned out, and runs in batches now`, false);
}

/** An invocation leaves this of its time, and an attempt of its own, for settling. */
const SETTLE_MILLISECONDS = (INVOCATION_MARGIN_SECONDS / 2) * 1000;

/** Returns how long the handler may take: the attempt may have begun while others of its batch were claimed. */
export const attemptMilliseconds = (task: RunningTask, deadline: number, { clock }: ExecutorPorts): number =>
  Math.min(
    task.timeoutSeconds * 1000,
    Math.max(0, Math.min(deadline, attemptEndOf(task)) - clock() - SETTLE_MILLISECONDS),
  );

async function runTask(
  { task, input }: ClaimedTask,
  definition: TaskDefinition,
  deadline: number,
  ports: ExecutorPorts,
): Promise<Outcome | Reopened> {
  const timeoutMilliseconds = attemptMilliseconds(task, deadline, ports);
  if (definition.batch !== undefined) {
    // Tasks of batches come together, unless their type could not be loaded a moment ago.
    const outcomeOf = await runBatch(definition, [{ task, input }], timeoutMilliseconds, ports);
    return outcomeOf(task);
  }
  const { fanOut, ...unfanned } = task;
  if (fanOut?.again !== undefined) {
    const reopened = await retryUntil(() => reopenedFanOut(task, ports), settleByOf(task, deadline), ports);
    if (reopened !== undefined) return reopened;
    ports.log('warn', 'subtasks not kept: the task is fanned out anew', logFieldsOf(task));
  }
  if (fanOut === undefined || fanOut.again !== undefined) {
    return runHandler(definition, { handler: 'run', input }, unfanned, timeoutMilliseconds, ports);
  }
  const results = await retryUntil(() => subtaskResults(task, ports), settleByOf(task, deadline), ports);
  const lost = results.find(({ status }) => status !== 'succeeded');
  // Such a task has seen all of its subtasks succeed; of what is left of them it can make nothing.
  if (definition.fanOut?.onFailure === 'fail' && lost !== undefined && 'error' in lost) {
    return failed('subtask_failed', `${lost.error.code}: ${lost.error.message}`, false);
  }
  return runHandler(definition, { handler: 'combine', input, results }, task, timeoutMilliseconds, ports);
}

/** Keeps a message where the platform fails. Nothing is lost: the claim that follows finds what was written. */
export function releaseAfterFailure(
  task: TaskSeed,
  error: unknown,
  { meter, log }: Pick<ExecutorPorts, 'meter' | 'log'>,
): Disposition {
  meter.record(task.executorKey, 'platformFailed', 1);
  log('error', 'platform failure', { ...logFieldsOf(task), reason: String(error) });
  return { keep: true, seconds: visibilitySecondsOf(task) };
}
