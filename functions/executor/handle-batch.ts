import {
  INVOCATION_MARGIN_SECONDS,
  LEASE_MARGIN_SECONDS,
  MAX_QUEUE_DELAY_SECONDS,
  MAX_RECEIVE_COUNT,
  RESOURCE_CLASS_SPECS,
} from '../contract.ts';
import { type DecodedMessage, decodeMessage } from '../core/message.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskSeed } from '../core/task.ts';
import { type ExecutorPorts, executeTask, type Verdict } from './execute-task.ts';

export type BatchPorts = ExecutorPorts & { readonly deliveries: Deliveries };

/** Beyond the lease's end, so that the next claim finds it expired. */
const VISIBILITY_MARGIN_SECONDS = 3;

/** A message that this version cannot read comes up again after this, for one that can. */
const NEWER_VERSION_SECONDS = 60;

/**
 * From this delivery on, a message is replaced before it is worked on. Executors that die and tables that throttle then
 * never bring a task to the dead-letter queue; two more deliveries are left in case the replacement fails.
 */
const REPLACED_FROM = MAX_RECEIVE_COUNT - 2;

/**
 * Takes the messages of one invocation to their verdicts and returns the ids of those to keep on the lane; the event
 * source deletes the others. `remainingSeconds` is what the function has left.
 */
export async function handleBatch(
  deliveries: readonly Delivery[],
  remainingSeconds: number,
  ports: BatchPorts,
): Promise<string[]> {
  const deadline = ports.clock() + remainingSeconds * 1000;
  const decoded = deliveries.map((delivery) => ({ delivery, message: decodeMessage(delivery.body) }));
  const held = hold(
    new Map(
      decoded.flatMap(({ delivery, message }) =>
        message.result === 'task' ? [[delivery, secondsOfAttempt(message.task)] as const] : [],
      ),
    ),
    ports,
  );
  const kept = new Map<Delivery, number>();
  await Promise.all(
    decoded.map(async ({ delivery, message }) => {
      const verdict = await verdictOn(delivery, message, deadline, ports);
      if (verdict.keep) kept.set(delivery, verdict.seconds);
    }),
  );
  await held;
  await hold(kept, ports);
  return [...kept.keys()].map(({ messageId }) => messageId);
}

/** How long an attempt may hold its message: afterwards the lease is over and another may claim. */
const secondsOfAttempt = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS;

async function verdictOn(
  delivery: Delivery,
  message: DecodedMessage,
  deadline: number,
  ports: BatchPorts,
): Promise<Verdict> {
  switch (message.result) {
    case 'malformed':
      return { keep: !(await quarantined(delivery, message.reason, ports)), seconds: 0 };
    case 'newer':
      ports.log('warn', 'message of a later version', { message_id: delivery.messageId, queue: delivery.queueName });
      return { keep: true, seconds: NEWER_VERSION_SECONDS };
    case 'task': {
      const replaced = delivery.receiveCount >= REPLACED_FROM && (await resent(message.task, ports));
      const verdict = await executed(message.task, deadline, ports);
      return replaced ? { keep: false } : verdict;
    }
  }
}

/** A platform failure loses nothing: the message stays, and the claim that follows finds what was written. */
async function executed(task: TaskSeed, deadline: number, ports: BatchPorts): Promise<Verdict> {
  const fields = { task_id: task.id, task_type: task.type };
  const remainingSeconds = (deadline - ports.clock()) / 1000;
  if (secondsNeeded(task) > remainingSeconds) {
    ports.log('warn', 'message returned: too little time is left', { ...fields, remaining_seconds: remainingSeconds });
    return { keep: true, seconds: 0 };
  }
  try {
    return await executeTask(task, deadline, ports);
  } catch (error) {
    ports.meter.record(task.executorKey, 'platformFailed', 1);
    ports.log('error', 'platform failure', { ...fields, reason: String(error) });
    return { keep: true, seconds: secondsOfAttempt(task) };
  }
}

/**
 * What must be left of an invocation to begin an attempt. A task from a time when its class had longer invocations asks
 * for more than there ever is; it gets a whole one.
 */
function secondsNeeded({ timeoutSeconds, resourceClass }: TaskSeed): number {
  const whole = RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds;
  return Math.min(timeoutSeconds + INVOCATION_MARGIN_SECONDS / 2, whole - INVOCATION_MARGIN_SECONDS / 2);
}

async function resent(task: TaskSeed, ports: BatchPorts): Promise<boolean> {
  try {
    await ports.queue.send(task, Math.min(secondsOfAttempt(task), MAX_QUEUE_DELAY_SECONDS));
    return true;
  } catch (error) {
    ports.log('warn', 'message not replaced', { task_id: task.id, reason: String(error) });
    return false;
  }
}

async function quarantined(delivery: Delivery, reason: string, ports: BatchPorts): Promise<boolean> {
  const fields = { message_id: delivery.messageId, queue: delivery.queueName, reason };
  ports.log('error', 'malformed message', fields);
  try {
    await ports.deliveries.quarantine(delivery, reason);
    return true;
  } catch (error) {
    ports.log('error', 'malformed message not set aside', { ...fields, reason: String(error) });
    return false;
  }
}

/** Without it the messages come back later, at the lane's own visibility timeout: slower, but nothing is lost. */
async function hold(seconds: ReadonlyMap<Delivery, number>, ports: BatchPorts): Promise<void> {
  if (seconds.size === 0) return;
  try {
    await ports.deliveries.hold([...seconds].map(([delivery, value]) => ({ delivery, seconds: value })));
  } catch (error) {
    ports.log('warn', 'visibility not changed', { messages: seconds.size, reason: String(error) });
  }
}
