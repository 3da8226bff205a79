import type { DynamoDBRecord, DynamoDBStreamEvent, AttributeValue as StreamValue } from 'aws-lambda';
import type { Task } from '../core/task.ts';
import type { Change } from './project.ts';

/** The records of one shard of one table's stream. */
export type ShardEvent = DynamoDBStreamEvent & { readonly shardId?: string };

/** Names the shard among those of all tables. The last event of a window has no records; a stream of one shard, no names. */
export const shardOf = ({ Records: [record], shardId = '' }: ShardEvent): string =>
  `${record?.eventSourceARN ?? ''}/${shardId}`;

type Image = Readonly<Record<string, StreamValue>>;

/** A record of the stream as a change. Items that are payloads have no status, and are no tasks. */
export function changeOf({ dynamodb = {} }: DynamoDBRecord, readTask: (image: Image) => Task): Change {
  const { SequenceNumber = '', ApproximateCreationDateTime: seconds = 0, OldImage, NewImage } = dynamodb;
  const read = (image: Image | undefined) => () => (image?.status === undefined ? undefined : readTask(image));
  return {
    sequenceNumber: SequenceNumber,
    at: Math.round(seconds * 1000),
    before: read(OldImage),
    after: read(NewImage),
  };
}
