import type { Deliveries, Delivery, Log } from '../../core/ports.ts';
import { decodeMessage } from '../../core/task/message.ts';
import type { DeployedClasses } from '../../resource-classes.ts';
import type { DeliveredTask } from './delivery.ts';

type DecodePorts = {
  readonly deliveries: Pick<Deliveries, 'quarantine'>;
  readonly classes: DeployedClasses;
  readonly log: Log;
};

/** A message that this version cannot read comes again after this, for an executor that can. */
const NEWER_VERSION_SECONDS = 60;

/**
 * Decodes the messages of an invocation into `delivered`, the tasks in them. `unread` are those that have to stay on the
 * lane, and for how many seconds: messages of a newer version, and malformed ones that could not be quarantined.
 */
export async function decodeDeliveries(
  deliveries: readonly Delivery[],
  ports: DecodePorts,
): Promise<{ readonly delivered: readonly DeliveredTask[]; readonly unread: ReadonlyMap<Delivery, number> }> {
  const delivered: DeliveredTask[] = [];
  const unread = new Map<Delivery, number>();
  await Promise.all(
    deliveries.map(async (delivery) => {
      const message = decodeMessage(delivery.body, ports.classes);
      switch (message.result) {
        case 'tasks':
          delivered.push(...message.tasks.map((task) => ({ task, delivery })));
          return;
        case 'newer':
          ports.log('warn', 'message of a later version', {
            message_id: delivery.messageId,
            queue: delivery.queueName,
          });
          unread.set(delivery, NEWER_VERSION_SECONDS);
          return;
        case 'malformed':
          if (!(await quarantine(delivery, message.reason, ports))) unread.set(delivery, 0);
      }
    }),
  );
  return { delivered, unread };
}

/** Copies a message to the dead-letter queue, and returns whether it is there, so that it may leave its lane. */
async function quarantine(delivery: Delivery, reason: string, { deliveries, log }: DecodePorts): Promise<boolean> {
  const fields = { message_id: delivery.messageId, queue: delivery.queueName, reason };
  log('error', 'malformed message', fields);
  try {
    await deliveries.quarantine(delivery, reason);
    return true;
  } catch (error) {
    log('error', 'malformed message not set aside', { ...fields, reason: String(error) });
    return false;
  }
}
