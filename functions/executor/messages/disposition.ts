import { MAX_QUEUE_DELAY_SECONDS } from '../../contract.ts';
import type { Delivery, TaskQueue } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { DeliveredTask } from './delivery.ts';

/** What becomes of a task's message: it is acknowledged (deleted), or kept on its lane and visible again after `seconds`. */
export type Disposition = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

/** A delivered task, once it has been worked on. */
export type HandledTask = DeliveredTask & { readonly disposition: Disposition };

export const ACK: Disposition = { keep: false };

/** SQS hides a message for up to 12 hours (43,200 s) from its delivery on. */
const LONGEST_RELEASE_SECONDS = 43_000;

/** Keeps the message, and makes it visible again after so many milliseconds, a second at least. */
export const releaseIn = (milliseconds: number): Disposition => ({
  keep: true,
  seconds: Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), LONGEST_RELEASE_SECONDS),
});

/**
 * Returns the messages to keep, and for how many seconds. The unfinished tasks of a message of several go on in messages of
 * their own, or all would have to wait for the last of them. Messages that were `replaced` go in any case.
 */
export async function splitUnfinished(
  handled: readonly HandledTask[],
  replaced: ReadonlySet<Delivery>,
  { queue }: { readonly queue: Pick<TaskQueue, 'sendAll'> },
): Promise<ReadonlyMap<Delivery, number>> {
  const messages = [...Map.groupBy(handled, ({ delivery }) => delivery)].filter(
    ([delivery]) => !replaced.has(delivery),
  );
  const unfinished = messages.flatMap(([delivery, group]) =>
    group.flatMap(({ task, disposition }) =>
      disposition.keep ? [{ task, delivery, seconds: disposition.seconds, isShared: group.length > 1 }] : [],
    ),
  );
  const shared = unfinished.filter(({ isShared }) => isShared);
  const outgoing = shared.map(({ task, seconds }) => ({
    task,
    delaySeconds: Math.min(seconds, MAX_QUEUE_DELAY_SECONDS),
  }));
  const refused = outgoing.length === 0 ? new Set<TaskId>() : await queue.sendAll(outgoing);
  const isSent = ({ task, isShared }: (typeof unfinished)[number]): boolean => isShared && !refused.has(task.id);
  const kept = [...Map.groupBy(unfinished, ({ delivery }) => delivery)].filter(([, group]) => !group.every(isSent));
  return new Map(
    kept.map(([delivery, group]) => [
      delivery,
      // A message that stays for what SQS refused brings what was sent, too. It waits until that has come by itself, or
      // that would be sent once more.
      Math.max(...group.map((one) => (isSent(one) ? Math.min(one.seconds, MAX_QUEUE_DELAY_SECONDS) : one.seconds))),
    ]),
  );
}
