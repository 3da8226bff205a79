import type { Log } from '../core/ports.ts';
import type { Task } from '../core/task.ts';
import type { TaskChange } from '../core/task-event.ts';
import { type CountPorts, count } from './count.ts';
import { type TellPorts, tell } from './tell.ts';

/** One change of a row. An image that is no task is `undefined`, as one that is missing. */
export type Change = {
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Throw where the image cannot be read. */
  readonly before: () => Task | undefined;
  readonly after: () => Task | undefined;
};

export type ProjectPorts = CountPorts & TellPorts;

/**
 * Counts the changes of a batch, which come from one `shard` of the stream, and tells the event bus what they mean. Returns
 * the sequence number from which on the batch has to come again, because the table or the bus did not take all of it. A
 * change that cannot be read is set aside in the log: it would stop all that follow.
 */
export async function project(
  shard: string,
  changes: readonly Change[],
  ports: ProjectPorts,
): Promise<string | undefined> {
  const readable = changes.flatMap((change) => readChange(change, ports.log));
  const left = await Promise.all([count(shard, readable, ports), tell(readable, ports)]);
  return readable.find((change) => left.some((changesLeft) => changesLeft.has(change)))?.id;
}

function readChange({ sequenceNumber, at, before, after }: Change, log: Log): TaskChange[] {
  try {
    return [{ id: sequenceNumber, at, before: before(), after: after() }];
  } catch (error) {
    log('error', 'change set aside: it cannot be read', { sequence_number: sequenceNumber, reason: String(error) });
    return [];
  }
}
