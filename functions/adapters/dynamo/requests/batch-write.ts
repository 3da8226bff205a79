import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../../../core/concurrency.ts';

/** Writes of one `BatchWriteItem` request (DynamoDB API reference). */
const BATCH_WRITES = 25;
const PARALLEL_REQUESTS = 5;
const TRIES = 5;
const FIRST_PAUSE_MILLISECONDS = 50;

/** Puts and deletes rows of a table, none of them twice. Throws where the table stays behind: some are written then. */
export async function batchWrite(
  client: DynamoDBClient,
  tableName: string,
  writes: readonly WriteRequest[],
): Promise<void> {
  await mapConcurrently(chunksOf(writes, BATCH_WRITES), PARALLEL_REQUESTS, async (batch) => {
    let left: readonly WriteRequest[] = batch;
    for (let tries = 1; left.length > 0; tries++) {
      if (tries > TRIES) throw new Error('the table did not take all rows that were to be written');
      if (tries > 1) await sleep(FIRST_PAUSE_MILLISECONDS * 2 ** tries);
      const { UnprocessedItems: { [tableName]: unprocessed = [] } = {} } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { [tableName]: [...left] } }),
      );
      left = unprocessed;
    }
  });
}
