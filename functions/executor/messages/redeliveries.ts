import { MAX_QUEUE_DELAY_SECONDS, MAX_RECEIVE_COUNT } from '../../contract.ts';
import type { Clock, Deliveries, Delivery, Log, TaskQueue, TaskStore } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { ATTEMPT_MARGIN_SECONDS } from '../attempt/lease-times.ts';
import type { DeliveredTask } from './delivery.ts';

type ReplacePorts = {
  readonly queue: Pick<TaskQueue, 'sendAll'>;
  readonly deliveries: Pick<Deliveries, 'discard'>;
  readonly log: Log;
};
type LostPorts = { readonly store: Pick<TaskStore, 'getAll'>; readonly clock: Clock; readonly log: Log };

/**
 * From this delivery on, a message is replaced before it is worked on. Executors that die and tables that throttle then
 * never bring a task to the dead-letter queue; two more deliveries are left in case the replacement fails.
 */
const REPLACED_FROM = MAX_RECEIVE_COUNT - 2;

/** Returns whether a message may not be delivered often more: its tasks are sent again before they are worked on. */
export const isNearDeadLetter = ({ receiveCount }: Delivery): boolean => receiveCount >= REPLACED_FROM;

/** A replacement comes when the attempt that begins now must have ended: while its lease is renewed, it would only go round. */
const replacementSecondsOf = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + ATTEMPT_MARGIN_SECONDS;

/** Sends the tasks of messages near the dead-letter queue again; returns the messages whose tasks were all taken. */
export async function replaceOld(
  delivered: readonly DeliveredTask[],
  ports: ReplacePorts,
): Promise<ReadonlySet<Delivery>> {
  const old = delivered.filter(({ delivery }) => isNearDeadLetter(delivery));
  if (old.length === 0) return new Set();
  const refused = await ports.queue.sendAll(
    old.map(({ task }) => ({ task, delaySeconds: Math.min(replacementSecondsOf(task), MAX_QUEUE_DELAY_SECONDS) })),
  );
  if (refused.size > 0) ports.log('warn', 'messages not replaced', { tasks: refused.size });
  const unsent = new Set(old.filter(({ task }) => refused.has(task.id)).map(({ delivery }) => delivery));
  const replaced = new Set(old.map(({ delivery }) => delivery).filter((delivery) => !unsent.has(delivery)));
  await discard([...replaced], ports);
  return replaced;
}

/**
 * Deletes replaced messages now: where this executor dies, too, they would be delivered again, and become dead letters of
 * tasks that go on.
 */
async function discard(replaced: readonly Delivery[], { deliveries, log }: ReplacePorts): Promise<void> {
  try {
    await deliveries.discard(replaced);
  } catch (error) {
    log('warn', 'replaced messages not discarded: the event source will', { reason: String(error) });
  }
}

/**
 * Finds the tasks whose last attempt seems to have ended with its executor: their message comes again, and their row still
 * says that they run. One of them may have ended it. This takes a read for messages that come again, and nothing for others.
 */
export async function findLost(
  delivered: readonly DeliveredTask[],
  hasCompany: boolean,
  { store, clock, log }: LostPorts,
): Promise<ReadonlySet<TaskId>> {
  const again = delivered.filter(({ delivery }) => delivery.receiveCount > 1).map(({ task }) => task);
  // A task that is alone takes nobody with it.
  if (again.length === 0 || (delivered.length === 1 && !hasCompany)) return new Set();
  try {
    const found = await Promise.all(
      [...Map.groupBy(again, ({ tenantId }) => tenantId)].map(([tenantId, tasks]) =>
        store.getAll(tenantId, [...new Set(tasks.map(({ id }) => id))], clock()),
      ),
    );
    return new Set(found.flatMap((tasks) => tasks.filter(({ status }) => status === 'running').map(({ id }) => id)));
  } catch (error) {
    log('warn', 'tasks of lost executors not looked for: they begin together', { reason: String(error) });
    return new Set();
  }
}
