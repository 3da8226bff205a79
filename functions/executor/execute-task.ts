import { INVOCATION_MARGIN_SECONDS, LEASE_MARGIN_SECONDS, MAX_QUEUE_DELAY_SECONDS } from '../contract.ts';
import { findDefinition, type TaskCatalog } from '../core/define-task.ts';
import type { JsonValue } from '../core/json.ts';
import { failed, type Outcome } from '../core/outcome.ts';
import { keptUntil } from '../core/payload.ts';
import type {
  Annotations,
  Clock,
  Ids,
  Meter,
  PayloadStore,
  Random,
  Sleep,
  TaskQueue,
  TaskStore,
  Tracing,
} from '../core/ports.ts';
import { DEFAULT_RETRY } from '../core/retry.ts';
import { attemptsGranted, type RunningTask, type TaskSeed } from '../core/task.ts';
import type { SettingsStore } from '../core/task-settings.ts';
import { type Settlement, settlementOfFailure } from '../core/transition.ts';
import { persistently } from './persistently.ts';
import { fieldsOf, type HandlerTools, runHandler } from './run-handler.ts';

export type ExecutorPorts = HandlerTools & {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly payloads: PayloadStore;
  readonly settings: SettingsStore;
  readonly retentionDays: number;
  readonly catalog: TaskCatalog;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly random: Random;
  readonly ids: Ids;
  readonly meter: Meter;
  readonly tracing: Tracing;
};

/** What becomes of the message: deleted, or left on its lane and visible again after so many seconds. */
export type Verdict = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

const DELETE: Verdict = { keep: false };

/** SQS takes up to 12 hours (43,200 s) from the delivery on. */
const LONGEST_HOLD_SECONDS = 43_000;
const keepFor = (milliseconds: number): Verdict => ({
  keep: true,
  seconds: Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), LONGEST_HOLD_SECONDS),
});

/** What an invocation leaves of its time for settling, and for answering its event source. */
const SETTLE_MILLISECONDS = (INVOCATION_MARGIN_SECONDS / 2) * 1000;
const ANSWER_MILLISECONDS = 1_000;

/**
 * Claims the task of one message, runs it once and settles it, before `deadline` (milliseconds since the epoch), when
 * the function itself has to end. Throws only where the platform fails.
 */
export async function executeTask(queued: TaskSeed, deadline: number, ports: ExecutorPorts): Promise<Verdict> {
  const { paused = false } = await ports.settings.get(queued.type);
  // An attempt that has begun is repeated even then: it is not waiting to start.
  if (paused && (await ports.store.park(queued, ports.clock())) === 'parked') return DELETE;
  // Read first: an input that cannot be had now costs no attempt.
  const input = await ports.payloads.get(queued.input);
  const now = ports.clock();
  const lease = {
    token: ports.ids.leaseToken(),
    expiresAt: now + (queued.timeoutSeconds + LEASE_MARGIN_SECONDS) * 1000,
  };
  const claim = await ports.store.claim(queued, lease, now);
  switch (claim.result) {
    case 'finished':
      return DELETE;
    case 'conflict':
      // Another submit owns this id; its own message runs it.
      ports.log('warn', 'message refused: its task was submitted otherwise', { task_id: queued.id });
      return DELETE;
    case 'cancel_requested':
      await settledAsCancelled(claim.task, deadline, ports);
      return DELETE;
    case 'leased':
    case 'not_due':
      return keepFor(claim.until - now);
    case 'claimed':
      return ports.tracing.part('task', annotationsOf(claim.task), (annotate) =>
        attempt(claim.task, input, deadline, ports, annotate),
      );
  }
}

async function attempt(
  task: RunningTask,
  input: JsonValue,
  deadline: number,
  ports: ExecutorPorts,
  annotate: (more: Annotations) => void,
): Promise<Verdict> {
  if (task.attempt === 1)
    ports.meter.record(task.executorKey, 'wait', task.startedAt - Math.max(task.createdAt, task.runAt ?? 0));
  const settleBy = Math.min(deadline, task.leaseExpiresAt) - ANSWER_MILLISECONDS;
  const wanted = await settlementOf(task, input, deadline, settleBy, ports);
  const settlement = await settled(task, wanted, settleBy, ports);
  if (settlement === undefined) {
    ports.log('warn', 'outcome dropped: another attempt holds the task', fieldsOf(task));
    return keepFor(0);
  }
  annotate({
    task_status: settlement.status,
    ...('error' in settlement ? { error: settlement.error.code, error_message: settlement.error.message } : {}),
  });
  record(task, settlement, ports);
  return settlement.status === 'queued' ? requeue(task, settlement.notBefore, ports) : DELETE;
}

/** Settles the task, and returns how: as wanted, or as cancelled if no attempt may follow; `undefined` where it has lost. */
async function settled(
  task: RunningTask,
  wanted: Settlement,
  settleBy: number,
  ports: ExecutorPorts,
): Promise<Settlement | undefined> {
  const result = await persistently(() => ports.store.settle(task, wanted), settleBy, ports);
  if (result === 'settled') return wanted;
  if (result === 'lost') return undefined;
  const cancelled = { status: 'cancelled', finishedAt: ports.clock() } as const;
  return settled(task, cancelled, settleBy, ports);
}

/** Of a task to be cancelled whose executor is gone: nothing runs. */
async function settledAsCancelled(task: RunningTask, deadline: number, ports: ExecutorPorts): Promise<void> {
  const cancelled = { status: 'cancelled', finishedAt: ports.clock() } as const;
  const settlement = await settled(task, cancelled, deadline - ANSWER_MILLISECONDS, ports);
  if (settlement !== undefined) ports.meter.record(task.executorKey, 'cancelled', 1);
}

/** What to write of one attempt: its outcome, or the reason why there can be none. */
async function settlementOf(
  task: RunningTask,
  input: JsonValue,
  deadline: number,
  settleBy: number,
  ports: ExecutorPorts,
): Promise<Settlement> {
  const definition = await findDefinition(ports.catalog, task.type);
  const timeout = Math.min(task.timeoutSeconds * 1000, deadline - ports.clock() - SETTLE_MILLISECONDS);
  const outcome: Outcome =
    task.attempt > task.maxAttempts
      ? failed(
          'executor_lost',
          `all ${attemptsGranted(task)} attempts ended without an outcome: the executor crashed, ran out of memory or was blocked`,
          false,
        )
      : definition === undefined
        ? failed('unknown_task_type', `this deployment has no task type ${task.type}`, false)
        : await runHandler(definition, task, input, timeout, ports);
  if (outcome.kind === 'succeeded') {
    const keepUntil = keptUntil(ports.clock(), ports.retentionDays);
    const put = () => ports.payloads.put(task.tenantId, task.id, `output-${task.attempt}`, outcome.output, keepUntil);
    return { status: 'succeeded', output: await persistently(put, settleBy, ports), finishedAt: ports.clock() };
  }
  return settlementOfFailure(task, outcome, definition?.retry ?? DEFAULT_RETRY, ports.clock(), ports.random());
}

/**
 * Sends the task again for its next attempt; what is due later than SQS can delay comes early, and is then held until it
 * is due. If the queue refuses, the message at hand comes back in its place.
 */
async function requeue(task: RunningTask, notBefore: number, ports: ExecutorPorts): Promise<Verdict> {
  const delaySeconds = Math.max(0, Math.ceil((notBefore - ports.clock()) / 1000));
  try {
    await ports.queue.send(task, Math.min(delaySeconds, MAX_QUEUE_DELAY_SECONDS));
    return DELETE;
  } catch (error) {
    ports.log('warn', 'retry not sent: its message is kept instead', { task_id: task.id, reason: String(error) });
    return keepFor(delaySeconds * 1000);
  }
}

function record(task: RunningTask, settlement: Settlement, { clock, log, meter }: ExecutorPorts): void {
  meter.record(task.executorKey, 'execution', clock() - task.startedAt);
  meter.record(task.executorKey, settlement.status === 'queued' ? 'retried' : settlement.status, 1);
  if (!('error' in settlement)) return;
  const { code, message } = settlement.error;
  log('warn', settlement.status === 'queued' ? 'attempt failed' : 'task failed', {
    ...fieldsOf(task),
    max_attempts: task.maxAttempts,
    error: code,
    error_message: message,
  });
}

const annotationsOf = (task: RunningTask): Annotations => ({ task_id: task.id, task_type: task.type });
