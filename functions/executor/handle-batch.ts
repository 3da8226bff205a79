import { INVOCATION_MARGIN_SECONDS, LEASE_MARGIN_SECONDS } from '../contract.ts';
import { decodeMessage } from '../core/message.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskSeed } from '../core/task.ts';
import { type ExecutorPorts, executeTask, type Verdict } from './execute-task.ts';

/** Beyond the lease's end, so that the next claim finds it expired. */
const VISIBILITY_MARGIN_SECONDS = 3;

type Work = { readonly delivery: Delivery; readonly task: TaskSeed };

/**
 * Takes the messages of one invocation to their verdicts and returns the ids of those to keep on the lane; the event
 * source deletes the others. `remainingSeconds` is what the function has left.
 */
export async function handleBatch(
  deliveries: readonly Delivery[],
  remainingSeconds: number,
  ports: ExecutorPorts & { readonly deliveries: Deliveries },
): Promise<string[]> {
  const work: Work[] = [];
  const kept = new Map<Delivery, number>();
  for (const delivery of deliveries) {
    const decoded = decodeMessage(delivery.body);
    if (decoded.result === 'malformed') await quarantine(delivery, decoded.reason, kept, ports);
    else if (decoded.task.timeoutSeconds + INVOCATION_MARGIN_SECONDS / 2 > remainingSeconds) kept.set(delivery, 0);
    else work.push({ delivery, task: decoded.task });
  }
  const held = hold(
    work.map(({ delivery, task }) => ({
      delivery,
      seconds: Math.ceil(task.timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS,
    })),
    ports,
  );
  await Promise.all(
    work.map(async ({ delivery, task }) => {
      const verdict = await verdictOn(task, ports);
      if (verdict.keep) kept.set(delivery, verdict.seconds);
    }),
  );
  await held;
  await hold([...kept].map(([delivery, seconds]) => ({ delivery, seconds })), ports);
  return [...kept.keys()].map(({ messageId }) => messageId);
}

/** A platform failure costs the task nothing: its message stays, and the claim that follows finds what was written. */
async function verdictOn(task: TaskSeed, ports: ExecutorPorts): Promise<Verdict> {
  try {
    return await executeTask(task, ports);
  } catch (error) {
    ports.log('error', 'platform failure', { task_id: task.id, task_type: task.type, reason: String(error) });
    return { keep: true, seconds: Math.ceil(task.timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS };
  }
}

async function quarantine(
  delivery: Delivery,
  reason: string,
  kept: Map<Delivery, number>,
  ports: ExecutorPorts & { readonly deliveries: Deliveries },
): Promise<void> {
  ports.log('error', 'malformed message', { message_id: delivery.messageId, queue: delivery.queueName, reason });
  try {
    await ports.deliveries.quarantine(delivery, reason);
  } catch (error) {
    ports.log('error', 'malformed message not set aside', { message_id: delivery.messageId, reason: String(error) });
    kept.set(delivery, 0);
  }
}

/** Without it the messages come back later, at the lane's own visibility timeout: slower, but nothing is lost. */
async function hold(
  messages: readonly { readonly delivery: Delivery; readonly seconds: number }[],
  ports: ExecutorPorts & { readonly deliveries: Deliveries },
): Promise<void> {
  try {
    if (messages.length > 0) await ports.deliveries.hold(messages);
  } catch (error) {
    ports.log('warn', 'visibility not changed', { messages: messages.length, reason: String(error) });
  }
}
