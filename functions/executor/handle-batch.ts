import pLimit from 'p-limit';
import { FILL_TIMES, type FillTimes } from '../core/lane/filling.ts';
import type { Delivery } from '../core/ports.ts';
import { classOf } from '../resource-classes.ts';
import { TimeShares } from './attempt/time-share.ts';
import { fillPlaces } from './fill-places.ts';
import { handleMessages, type MessagePorts } from './handle-messages.ts';
import { decodeDeliveries } from './messages/decode-deliveries.ts';
import type { DeliveredTask } from './messages/delivery.ts';
import { Places } from './messages/places.ts';
import { VisibilityLease } from './messages/visibility.ts';

export type InvocationPorts = MessagePorts & {
  /** A test may have an invocation fill its places sooner. */
  readonly fillTimes?: FillTimes;
};

/** So many tasks of batches are claimed or settled at a time: the AWS SDK keeps 50 connections to a host, and lets nobody wait long. */
const PARALLEL_CLAIMS = 50;

/**
 * Runs the tasks in the messages of one invocation, and in those that it receives itself for its free places. Returns the
 * ids of the messages to keep on the lane; the event source deletes the others. `remainingSeconds` is what the function has
 * left.
 */
export async function handleBatch(
  deliveries: readonly Delivery[],
  remainingSeconds: number,
  ports: InvocationPorts,
): Promise<string[]> {
  const started = ports.clock();
  const visibility = new VisibilityLease(ports);
  try {
    const first = { deliveries, ...(await decodeDeliveries(deliveries, ports)) };
    const invocation = {
      deadline: started + remainingSeconds * 1000,
      visibility,
      places: new Places(placesFor(first.delivered, ports)),
      limit: pLimit(PARALLEL_CLAIMS),
      // Lambda gives an environment one invocation at a time, so what is under way in it shares its time.
      ports: { ...ports, timeShares: new TimeShares() },
    };
    const handled = handleMessages(first, invocation);
    await fillPlaces(first, handled, ports.fillTimes ?? FILL_TIMES, invocation);
    return [...(await handled)].map(({ messageId }) => messageId);
  } finally {
    visibility.end();
  }
}

/** One invocation takes from one lane, so its tasks are of one class. */
const placesFor = ([first]: readonly DeliveredTask[], { classes }: InvocationPorts): number =>
  first === undefined ? 1 : classOf(classes, first.task.resourceClass).concurrency;
