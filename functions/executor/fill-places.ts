import { type FillTimes, LONG_INVOCATION_MILLISECONDS, MOST_RECEIVED } from '../core/lane/filling.ts';
import { laneOf } from '../core/lane/lane.ts';
import type { Delivery } from '../core/ports.ts';
import { type DecodedMessages, handleMessages, type Invocation, secondsNeeded } from './handle-messages.ts';
import { decodeDeliveries } from './messages/decode-deliveries.ts';
import { LONGEST_VISIBILITY_SECONDS } from './messages/visibility.ts';

/**
 * Receives further messages of the lane while attempts go on and places are free, and runs them by the same steps: tasks
 * that come one by one would hold an executor each. It ends when nothing is under way, or when too little time is left for
 * tasks like those before. Throws nothing.
 */
export async function fillPlaces(
  first: DecodedMessages,
  firstHandled: Promise<ReadonlySet<Delivery>>,
  times: FillTimes,
  invocation: Invocation,
): Promise<void> {
  if (!mayFill(first, invocation)) return;
  const { places, deadline, ports } = invocation;
  const started = ports.clock();
  let needed = millisecondsFor(first, invocation);
  const underWay = new Set<Promise<unknown>>();
  const track = (work: Promise<unknown>): void => {
    const end = (): boolean => underWay.delete(work);
    underWay.add(work);
    work.then(end, end);
  };
  let kept: ReadonlySet<Delivery> | undefined;
  // The event source deletes the first messages when the invocation is over: that would be late where it goes on.
  const deleteFirst = (): void => {
    if (kept === undefined || underWay.size === 0) return;
    void deleteDone(first, kept, invocation);
    kept = undefined;
  };
  const endFirst = (result: ReadonlySet<Delivery>): void => {
    kept = result;
    deleteFirst();
  };
  track(firstHandled);
  firstHandled.then(endFirst, () => {});
  await somethingEnds(underWay, times.first);
  while (underWay.size > 0 && ports.clock() + needed <= deadline) {
    if (places.free <= 0) {
      await places.ended();
      continue;
    }
    const isLong = ports.clock() - started >= LONG_INVOCATION_MILLISECONDS;
    const deliveries = await receive(first, isLong ? 1 : 0, invocation);
    if (deliveries === undefined) break;
    if (deliveries.length > 0) {
      const messages = { deliveries, ...(await decodeDeliveries(deliveries, ports)), areHidden: true } as const;
      const fits = messages.delivered.length <= places.free;
      needed = Math.max(needed, millisecondsFor(messages, invocation));
      const queued = Promise.withResolvers<void>();
      const work = handleReceived(messages, invocation, queued.resolve);
      track(work);
      deleteFirst();
      if (!fits) break;
      // Until then, the places that they are to have would be given once more.
      await Promise.race([queued.promise, work]);
    } else await somethingEnds(underWay, isLong ? 0 : times.again);
  }
  await Promise.allSettled(underWay);
}

/**
 * Returns whether there can be places for further messages. Where more tasks came than there are places, the rest goes back to
 * the lane. A class of one place has it free when its task has ended, and the invocation with it. A batch lane gathers its
 * messages for batches, which would be small ones. And a task that may have ended its last executor takes nobody with it where
 * it stays alone.
 */
function mayFill({ delivered }: DecodedMessages, { places }: Invocation): boolean {
  const [one] = delivered;
  if (one === undefined || places.size === 1 || laneOf(one.task.executorKey).kind === 'batch') return false;
  return delivered.length === 1 ? one.delivery.receiveCount === 1 : delivered.length <= places.size;
}

/** Returns the milliseconds that the longest of the tasks needs. */
const millisecondsFor = ({ delivered }: DecodedMessages, { ports }: Invocation): number =>
  Math.max(0, ...delivered.map(({ task }) => secondsNeeded(task, ports) * 1000));

/** Fulfilled when a piece of work ends, or after so many milliseconds. */
async function somethingEnds(underWay: ReadonlySet<Promise<unknown>>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([pause, ...underWay]).catch(() => {});
  clearTimeout(timer);
}

/** Receives as many messages as there are places; `undefined` where that fails: the event source brings them, later. */
async function receive(
  { deliveries: [one] }: DecodedMessages,
  waitSeconds: number,
  { places, ports }: Invocation,
): Promise<readonly Delivery[] | undefined> {
  const options = { waitSeconds, visibilitySeconds: LONGEST_VISIBILITY_SECONDS };
  try {
    const most = Math.min(places.free, MOST_RECEIVED);
    return one === undefined ? [] : await ports.deliveries.receive(one.queueName, { most, ...options });
  } catch (error) {
    ports.log('warn', 'places not filled: no message was received', { reason: String(error) });
    return undefined;
  }
}

/** Runs received messages, and deletes those that are done. Where the platform fails, they come again. */
async function handleReceived(messages: DecodedMessages, invocation: Invocation, queued: () => void): Promise<void> {
  try {
    await deleteDone(messages, await handleMessages(messages, invocation, queued), invocation);
  } catch (error) {
    const fields = { messages: messages.deliveries.length, reason: String(error) };
    invocation.ports.log('error', 'received messages not handled: they come again', fields);
  }
}

/** Deletes the messages that do not stay. One that is not deleted comes again, and finds its tasks ended. */
async function deleteDone(
  { deliveries }: DecodedMessages,
  kept: ReadonlySet<Delivery>,
  { ports }: Invocation,
): Promise<void> {
  const done = deliveries.filter((delivery) => !kept.has(delivery));
  if (done.length === 0) return;
  try {
    await ports.deliveries.discard(done);
  } catch (error) {
    ports.log('warn', 'messages not deleted: they come again', { messages: done.length, reason: String(error) });
  }
}
