import { MAX_QUEUE_DELAY_SECONDS, RECONCILE_PERIOD_SECONDS } from '../../contract.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import { createSubtasks, openFanOut, reconcileFanOut } from '../../core/fan-out/fan-out.ts';
import { fanOutRefusal } from '../../core/fan-out/fan-out-limits.ts';
import { propagateEnd } from '../../core/fan-out/propagate-end.ts';
import type { Reopened } from '../../core/fan-out/reopen-fan-out.ts';
import type { Annotations, AttemptUsage } from '../../core/ports.ts';
import { failed, type Outcome } from '../../core/task/outcome.ts';
import { keepUntilOf } from '../../core/task/payload.ts';
import { DEFAULT_RETRY } from '../../core/task/retry.ts';
import {
  attemptsGranted,
  type FanOutState,
  isFinished,
  type RunningTask,
  type Task,
  type WaitingTask,
} from '../../core/task/task.ts';
import { type Settlement, settled, settlementOfFailure, settlementOfWait } from '../../core/task/transition.ts';
import { withoutValues } from '../../core/without-values.ts';
import { ANSWER_MILLISECONDS, type ExecutorPorts } from '../executor-ports.ts';
import { ACK, type Disposition, releaseIn } from '../messages/disposition.ts';
import { inTrace, logAttempt, logFieldsOf } from '../telemetry.ts';
import { recordAttempt } from './record-attempt.ts';

/**
 * Brings a claimed task to what its outcome makes of it, and does what has to follow. `settleBy` is in milliseconds since the
 * epoch. Throws only where the platform fails.
 */
export async function settleAttempt(
  task: RunningTask,
  outcome: Outcome | Reopened,
  definition: TaskDefinition | undefined,
  settleBy: number,
  ports: ExecutorPorts,
  annotate: (more: Annotations) => void,
): Promise<Disposition> {
  const wanted = await settlementOf(task, outcome, definition, settleBy, ports);
  // Whoever learns of the end of the attempt finds its record there.
  await recordAttempt(task, outcome, wanted, settleBy, ports);
  ports.leavePlace?.();
  const settlement = await settle(task, wanted, settleBy, ports);
  if (settlement === undefined) {
    ports.log('warn', 'outcome dropped: another attempt holds the task', logFieldsOf(task));
    return releaseIn(0);
  }
  annotate(annotationsOf(settlement));
  logAttempt(task, settlement, ports);
  if (settlement !== wanted) await recordAttempt(task, outcome, settlement, settleBy, ports);
  // The sweeper will send a task that waits longer than a queue can delay.
  if ('dueAt' in settlement) return ACK;
  return completeSettlement(settled(task, settlement), ports);
}

/** Returns what to write of an outcome. What that refers to, an output or subtasks, is kept first. */
async function settlementOf(
  task: RunningTask,
  outcome: Outcome | Reopened,
  definition: TaskDefinition | undefined,
  settleBy: number,
  ports: ExecutorPorts,
): Promise<Settlement> {
  const { clock, payloads, random, retentionDays } = ports;
  switch (outcome.kind) {
    case 'succeeded': {
      const keepUntil = keepUntilOf(task, clock(), retentionDays);
      const put = () => payloads.put(task.tenantId, task.id, `output-${task.attempt}`, outcome.output, keepUntil);
      return { status: 'succeeded', output: await retryUntil(put, settleBy, ports), finishedAt: clock() };
    }
    case 'fanned_out': {
      const { subtasks, onFailure } = outcome;
      const fanOut = { attempt: task.attempt, count: subtasks.length };
      const open = () => openFanOut(task, subtasks, onFailure, ports);
      return settlementOfFanOut(task, fanOut, { count: subtasks.length, open }, settleBy, ports);
    }
    case 'reopened': {
      const { pending, count, supersedes } = outcome.fanOut;
      const { tenantId, id, attempt } = task;
      const fanOut = { attempt, count, madeIn: task.fanOut?.madeIn ?? supersedes };
      const open = () =>
        ports.fanOuts.open({ tenantId, id, attempt }, outcome.fanOut, keepUntilOf(task, clock(), retentionDays));
      return settlementOfFanOut(task, fanOut, { count: pending.size, open }, settleBy, ports);
    }
    case 'cancelled':
      return { status: 'cancelled', finishedAt: clock() };
    case 'failed':
      return settlementOfFailure(task, outcome, definition?.retry ?? DEFAULT_RETRY, clock(), random());
  }
}

/**
 * Opens a fan-out in which `count` subtasks are to run, and returns the settlement of a task that waits for them, unless its tenant's
 * limits do not let them in.
 */
async function settlementOfFanOut(
  task: RunningTask,
  fanOut: FanOutState,
  { count, open }: { readonly count: number; readonly open: () => Promise<void> },
  settleBy: number,
  ports: ExecutorPorts,
): Promise<Settlement> {
  const refusal = await fanOutRefusal(task, count, ports);
  if (refusal !== undefined) return settlementOfRefusal(task, refusal, ports);
  await retryUntil(open, settleBy, ports);
  return { status: 'waiting', fanOut, reconcileAt: ports.clock() + RECONCILE_PERIOD_SECONDS * 1000 };
}

/** Returns the settlement of a fan-out that its tenant's limits do not let in: it is tried again, unless it never fits. */
function settlementOfRefusal(
  task: RunningTask,
  { error, retryAfterSeconds = 0 }: Extract<Outcome, { kind: 'failed' }>,
  { clock, log }: ExecutorPorts,
): Settlement {
  log('info', 'fan-out not let in', { ...logFieldsOf(task), reason: error.message });
  if (!error.retryable) return { status: 'failed', error, finishedAt: clock() };
  return settlementOfWait(error, clock(), retryAfterSeconds);
}

/**
 * Settles the task, and returns how: as wanted, or as cancelled if it is to be; `undefined` where it has lost. The time is written
 * always: the row may have that of an attempt before.
 */
async function settle(
  task: RunningTask,
  wanted: Settlement,
  settleBy: number,
  ports: ExecutorPorts,
  usage: AttemptUsage = { executorMilliseconds: ports.takeTime?.() ?? 0, endedAt: ports.clock() },
): Promise<Settlement | undefined> {
  const write = () => ports.store.settle(task, wanted, usage);
  const result = await retryUntil(write, settleBy, ports);
  if (result === 'settled') return wanted;
  if (result === 'lost') return undefined;
  const cancelled = { status: 'cancelled', finishedAt: ports.clock() } as const;
  return settle(task, cancelled, settleBy, ports, usage);
}

/** Says what became of the attempt, and of its task: where the attempt failed, the task may be tried again. */
function annotationsOf(settlement: Settlement): Annotations {
  const { status } = settlement;
  if ('error' in settlement) {
    const { code, message } = settlement.error;
    return { task_status: status, attempt_status: 'failed', error: code, error_message: withoutValues(message) };
  }
  return { task_status: status, attempt_status: status === 'cancelled' ? 'cancelled' : 'completed' };
}

/** Does what has to follow a settlement. Where that fails, the message comes again and it is done then. */
async function completeSettlement(task: Task, ports: ExecutorPorts): Promise<Disposition> {
  if (task.status === 'queued') return requeue(task, task.notBefore ?? 0, ports);
  if (task.status === 'waiting') await createAllSubtasks(task, ports);
  else if (isFinished(task)) await propagateEnd(task, ports);
  return ACK;
}

async function createAllSubtasks(task: WaitingTask, ports: ExecutorPorts): Promise<void> {
  const { tenantId, id, attempt, fanOut } = task;
  // Those that are taken over are there.
  if (fanOut.madeIn !== undefined) return reconcileFanOut(task, ports);
  const record = await ports.fanOuts.get({ tenantId, id, attempt });
  if (record !== undefined) await createSubtasks(task, record, [...record.pending], ports);
}

/** Sends the task again for its next attempt, which SQS delays. If the queue refuses, the message at hand comes back instead. */
async function requeue(task: Task, notBefore: number, ports: ExecutorPorts): Promise<Disposition> {
  const delaySeconds = Math.max(0, Math.ceil((notBefore - ports.clock()) / 1000));
  try {
    await ports.queue.send(task, Math.min(delaySeconds, MAX_QUEUE_DELAY_SECONDS));
    return ACK;
  } catch (error) {
    ports.log('warn', 'retry not sent: its message is kept instead', { ...logFieldsOf(task), reason: String(error) });
    return releaseIn(delaySeconds * 1000);
  }
}

/** Fails a task whose last attempt ended without an outcome, in the name of that attempt: no other is to follow. */
export async function settleAsLost(task: RunningTask, deadline: number, ports: ExecutorPorts): Promise<Disposition> {
  const reason = 'the executor crashed, ran out of memory or was blocked';
  const message = `all ${attemptsGranted(task)} attempts ended without an outcome: ${reason}`;
  const settleBy = deadline - ANSWER_MILLISECONDS;
  return inTrace(task, ports, (annotate) =>
    settleAttempt(task, failed('executor_lost', message, false), undefined, settleBy, ports, annotate),
  );
}

/** Cancels a task that is to be cancelled and whose executor is gone: nothing runs. */
export async function settleAsCancelled(
  task: RunningTask,
  deadline: number,
  ports: ExecutorPorts,
): Promise<Disposition> {
  const cancelled = { status: 'cancelled', finishedAt: ports.clock() } as const;
  const settlement = await settle(task, cancelled, deadline - ANSWER_MILLISECONDS, ports);
  // Whoever was faster may have died before the rest was done: the message comes again to see to it.
  if (settlement === undefined) return releaseIn(0);
  return completeSettlement(settled(task, settlement), ports);
}

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/**
 * Does what must not fail for a passing fault: tries again, with growing pauses, while the next try would start before
 * `deadline` (milliseconds since the epoch). Throws what the last try threw. The work must do no harm where it is done
 * twice.
 */
export async function retryUntil<T>(
  work: () => Promise<T>,
  deadline: number,
  { clock, sleep }: Pick<ExecutorPorts, 'clock' | 'sleep'>,
): Promise<T> {
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await work();
    } catch (error) {
      if (clock() + pause >= deadline) throw error;
      await sleep(pause);
    }
  }
}
