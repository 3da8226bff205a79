import type { DynamoDBRecord, DynamoDBStreamEvent, AttributeValue as StreamValue } from 'aws-lambda';
import type { Log } from '../core/ports.ts';
import type { Task } from '../core/task/task.ts';
import type { TaskChange, TaskUsage } from '../core/task/task-change.ts';

/** One change of a row, as the stream brings it. */
export type Change = {
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Return the task of an image; `undefined` for an image that is missing or no task. Throw where it cannot be read. */
  readonly before: () => Task | undefined;
  readonly after: () => Task | undefined;
  readonly usage: TaskUsage;
};

/** Makes something of changes, and returns those that have to come again. */
export type Projection = (changes: readonly TaskChange[]) => Promise<ReadonlySet<TaskChange>>;

/**
 * Projects the changes of a batch. Returns the sequence number from which on the batch has to come again, where not all of it
 * was taken. A change that cannot be read is set aside in the log: it would stop all that follow.
 */
export async function projectChanges(
  changes: readonly Change[],
  projection: Projection,
  log: Log,
): Promise<string | undefined> {
  const readable = changes.flatMap((change) => readChange(change, log));
  const left = await projection(readable);
  return readable.find((change) => left.has(change))?.id;
}

function readChange({ sequenceNumber, at, before, after, usage }: Change, log: Log): TaskChange[] {
  try {
    return [{ id: sequenceNumber, at, before: before(), after: after(), usage }];
  } catch (error) {
    log('error', 'change set aside: it cannot be read', { sequence_number: sequenceNumber, reason: String(error) });
    return [];
  }
}

/** The records of one shard of one table's stream. */
export type ShardEvent = DynamoDBStreamEvent & { readonly shardId?: string };

/** Names the shard among those of all tables. The last event of a window has no records; a stream of one shard has no names. */
export const streamShardOf = ({ Records: [record], shardId = '' }: ShardEvent): string =>
  `${record?.eventSourceARN ?? ''}/${shardId}`;

type Image = Readonly<Record<string, StreamValue>>;

/** How rows are read, whose images the stream brings. */
export type RowReaders = {
  readonly readTask: (image: Image) => Task;
  readonly readUsage: (before: Image | undefined, after: Image) => TaskUsage;
};

/** Returns a record of the stream as a change. Items that are payloads have no status, and are no tasks. */
export function changeOf({ dynamodb = {} }: DynamoDBRecord, { readTask, readUsage }: RowReaders): Change {
  const { SequenceNumber = '', ApproximateCreationDateTime: seconds = 0, OldImage, NewImage } = dynamodb;
  const read = (image: Image | undefined) => () => (image?.status === undefined ? undefined : readTask(image));
  return {
    sequenceNumber: SequenceNumber,
    at: Math.round(seconds * 1000),
    before: read(OldImage),
    after: read(NewImage),
    usage: readUsage(OldImage, NewImage ?? {}),
  };
}
