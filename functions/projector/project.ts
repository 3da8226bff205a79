import type { Log } from '../core/ports.ts';
import type { Task } from '../core/task.ts';
import type { TaskChange } from '../core/task-event.ts';

/** One change of a row. An image that is no task is `undefined`, as one that is missing. */
export type Change = {
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Throw where the image cannot be read. */
  readonly before: () => Task | undefined;
  readonly after: () => Task | undefined;
};

/** What is made of changes: returns those that have to come again. */
export type Take = (changes: readonly TaskChange[]) => Promise<ReadonlySet<TaskChange>>;

/**
 * Hands on the changes of a batch. Returns the sequence number from which on the batch has to come again, because not all
 * of it was taken. A change that cannot be read is set aside in the log: it would stop all that follow.
 */
export async function project(changes: readonly Change[], take: Take, log: Log): Promise<string | undefined> {
  const readable = changes.flatMap((change) => readChange(change, log));
  const left = await take(readable);
  return readable.find((change) => left.has(change))?.id;
}

function readChange({ sequenceNumber, at, before, after }: Change, log: Log): TaskChange[] {
  try {
    return [{ id: sequenceNumber, at, before: before(), after: after() }];
  } catch (error) {
    log('error', 'change set aside: it cannot be read', { sequence_number: sequenceNumber, reason: String(error) });
    return [];
  }
}
