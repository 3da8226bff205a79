import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../../../core/concurrency.ts';
import { PARALLEL_REQUESTS, untilProcessed } from './unprocessed.ts';

/** Writes of one `BatchWriteItem` request (DynamoDB API reference). */
const BATCH_WRITES = 25;

/** Puts and deletes rows of a table, none of them twice. Throws where the table stays behind: some are written then. */
export async function batchWrite(
  client: DynamoDBClient,
  tableName: string,
  writes: readonly WriteRequest[],
): Promise<void> {
  const write = async (left: readonly WriteRequest[]): Promise<readonly WriteRequest[]> => {
    const { UnprocessedItems: { [tableName]: unprocessed = [] } = {} } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [tableName]: [...left] } }),
    );
    return unprocessed;
  };
  await mapConcurrently(chunksOf(writes, BATCH_WRITES), PARALLEL_REQUESTS, (batch) =>
    untilProcessed(
      batch,
      (left) => left.length === 0,
      write,
      'the table did not take all rows that were to be written',
    ),
  );
}
