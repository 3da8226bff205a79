import { INVOCATION_MARGIN_SECONDS, LEASE_MARGIN_SECONDS, MAX_RECEIVE_COUNT } from '../contract.ts';
import { decodeMessage } from '../core/message.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskSeed } from '../core/task.ts';
import { type ExecutorPorts, executeTask, type Verdict } from './execute-task.ts';

export type BatchPorts = ExecutorPorts & { readonly deliveries: Deliveries };

type Work = { readonly delivery: Delivery; readonly task: TaskSeed };

/** Beyond the lease's end, so that the next claim finds it expired. */
const VISIBILITY_MARGIN_SECONDS = 3;

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
  const work: Work[] = [];
  const kept = new Map<Delivery, number>();
  for (const delivery of deliveries) {
    const decoded = decodeMessage(delivery.body);
    if (decoded.result === 'task') work.push({ delivery, task: decoded.task });
    else if (!(await quarantined(delivery, decoded.reason, ports))) kept.set(delivery, 0);
  }
  const held = hold(new Map(work.map(({ delivery, task }) => [delivery, secondsOfAttempt(task)])), ports);
  await Promise.all(
    work.map(async ({ delivery, task }) => {
      const replaced = delivery.receiveCount >= REPLACED_FROM && (await resent(task, ports));
      const verdict = await verdictOn(task, remainingSeconds, ports);
      if (verdict.keep && !replaced) kept.set(delivery, verdict.seconds);
    }),
  );
  await held;
  await hold(kept, ports);
  return [...kept.keys()].map(({ messageId }) => messageId);
}

/** How long an attempt may hold its message: afterwards the lease is over and another may claim. */
const secondsOfAttempt = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS;

/** A platform failure costs the task nothing: its message stays, and the claim that follows finds what was written. */
async function verdictOn(task: TaskSeed, remainingSeconds: number, ports: BatchPorts): Promise<Verdict> {
  if (task.timeoutSeconds + INVOCATION_MARGIN_SECONDS / 2 > remainingSeconds) return { keep: true, seconds: 0 };
  try {
    return await executeTask(task, ports);
  } catch (error) {
    ports.log('error', 'platform failure', { task_id: task.id, task_type: task.type, reason: String(error) });
    return { keep: true, seconds: secondsOfAttempt(task) };
  }
}

async function resent(task: TaskSeed, ports: BatchPorts): Promise<boolean> {
  try {
    await ports.queue.send(task, secondsOfAttempt(task));
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
