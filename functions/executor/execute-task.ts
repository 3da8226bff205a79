import { LEASE_MARGIN_SECONDS } from '../contract.ts';
import { findDefinition, type TaskCatalog } from '../core/define-task.ts';
import { failed, type Outcome } from '../core/outcome.ts';
import type {
  Annotations,
  Clock,
  Ids,
  Meter,
  PayloadStore,
  Random,
  TaskQueue,
  TaskStore,
  Tracing,
} from '../core/ports.ts';
import { DEFAULT_RETRY } from '../core/retry.ts';
import type { RunningTask, TaskSeed } from '../core/task.ts';
import { type Settlement, settlementOfFailure } from '../core/transition.ts';
import { type HandlerTools, runHandler } from './run-handler.ts';

export type ExecutorPorts = HandlerTools & {
  readonly store: TaskStore;
  readonly queue: TaskQueue;
  readonly payloads: PayloadStore;
  readonly catalog: TaskCatalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly meter: Meter;
  readonly tracing: Tracing;
};

/** What becomes of the message: deleted, or left on its lane and visible again after so many seconds. */
export type Verdict = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

const DELETE: Verdict = { keep: false };
const keepFor = (milliseconds: number): Verdict => ({
  keep: true,
  seconds: Math.max(1, Math.ceil(milliseconds / 1000)),
});

/** Claims the task of one message, runs it once and settles it. Throws only where the platform fails. */
export async function executeTask(queued: TaskSeed, ports: ExecutorPorts): Promise<Verdict> {
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
    case 'leased':
    case 'not_due':
      return keepFor(claim.until - now);
    case 'claimed':
      return ports.tracing.part('task', annotationsOf(claim.task), (annotate) => attempt(claim.task, ports, annotate));
  }
}

async function attempt(
  task: RunningTask,
  ports: ExecutorPorts,
  annotate: (more: Annotations) => void,
): Promise<Verdict> {
  if (task.attempt === 1) ports.meter.record(task.executorKey, 'wait', task.startedAt - task.createdAt);
  const settlement = await settlementOf(task, ports);
  annotate({
    task_status: settlement.status,
    ...('error' in settlement ? { error: settlement.error.code, error_message: settlement.error.message } : {}),
  });
  if ((await ports.store.settle(task, settlement)) === 'lost') {
    ports.log('warn', 'outcome dropped: another attempt holds the task', { task_id: task.id, attempt: task.attempt });
    return keepFor(0);
  }
  record(task, settlement, ports);
  return settlement.status === 'queued' ? requeue(task, settlement.notBefore, ports) : DELETE;
}

/** What to write of one attempt: its outcome, or the reason why there can be none. */
async function settlementOf(task: RunningTask, ports: ExecutorPorts): Promise<Settlement> {
  const definition = await findDefinition(ports.catalog, task.type);
  const outcome: Outcome =
    task.attempt > task.maxAttempts
      ? failed('executor_lost', `all ${task.maxAttempts} attempts ended without an outcome`, false)
      : definition === undefined
        ? failed('unknown_task_type', `this deployment has no task type ${task.type}`, false)
        : await runHandler(definition, task, await ports.payloads.get(task.input), ports);
  if (outcome.kind === 'succeeded') {
    const output = await ports.payloads.put(task.tenantId, task.id, `output-${task.attempt}`, outcome.output);
    return { status: 'succeeded', output, finishedAt: ports.clock() };
  }
  return settlementOfFailure(task, outcome, definition?.retry ?? DEFAULT_RETRY, ports.clock(), ports.random());
}

/** Sends the task again for its next attempt. If the queue refuses, the message at hand comes back in its place. */
async function requeue(task: RunningTask, notBefore: number, ports: ExecutorPorts): Promise<Verdict> {
  const delaySeconds = Math.max(0, Math.ceil((notBefore - ports.clock()) / 1000));
  try {
    await ports.queue.send(task, delaySeconds);
    return DELETE;
  } catch (error) {
    ports.log('warn', 'retry not sent: its message is kept instead', { task_id: task.id, reason: String(error) });
    return keepFor(delaySeconds * 1000);
  }
}

function record(task: RunningTask, settlement: Settlement, { clock, log, meter }: ExecutorPorts): void {
  meter.record(task.executorKey, 'execution', clock() - task.startedAt);
  meter.record(task.executorKey, settlement.status === 'queued' ? 'retried' : settlement.status, 1);
  if (settlement.status === 'succeeded') return;
  const { code, message } = settlement.error;
  log('warn', settlement.status === 'queued' ? 'attempt failed' : 'task failed', {
    ...annotationsOf(task),
    attempt: task.attempt,
    max_attempts: task.maxAttempts,
    error: code,
    error_message: message,
  });
}

const annotationsOf = (task: RunningTask): Annotations => ({ task_id: task.id, task_type: task.type });
