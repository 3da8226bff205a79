import { setTimeout as sleep } from 'node:timers/promises';
import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../../../core/concurrency.ts';
import type { Row } from './row.ts';

/** Rows of one `BatchGetItem` request (DynamoDB API reference). */
const BATCH_ROWS = 100;
/** One call makes no more requests at a time, so that it takes a tenth of the connections to the table. */
const PARALLEL_REQUESTS = 5;
const TRIES = 5;
const FIRST_PAUSE_MILLISECONDS = 50;

export type RowAddress = { readonly tableName: string; readonly pk: string };

/**
 * Reads rows from their tables, and returns them by `pk`; those that are not there are missing. An address may come twice, as
 * an index that lags lists a row that has moved: a request that has one twice is refused. Throws where the tables stay behind.
 */
export async function batchGet(
  client: DynamoDBClient,
  addresses: readonly RowAddress[],
  options: Omit<KeysAndAttributes, 'Keys'>,
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  const distinct = new Map(addresses.map((address) => [`${address.tableName} ${address.pk}`, address]));
  await mapConcurrently(chunksOf([...distinct.values()], BATCH_ROWS), PARALLEL_REQUESTS, async (batch) => {
    const byTable = Map.groupBy(batch, ({ tableName }) => tableName);
    let asked: Record<string, KeysAndAttributes> = Object.fromEntries(
      [...byTable].map(([tableName, group]) => [
        tableName,
        { ...options, Keys: group.map(({ pk }) => ({ pk: { S: pk } })) },
      ]),
    );
    for (let tries = 1; Object.keys(asked).length > 0; tries++) {
      if (tries > TRIES) throw new Error('the table did not return all rows that were asked for');
      if (tries > 1) await sleep(FIRST_PAUSE_MILLISECONDS * 2 ** tries);
      const { Responses = {}, UnprocessedKeys = {} } = await client.send(
        new BatchGetItemCommand({ RequestItems: asked }),
      );
      for (const row of Object.values(Responses).flat()) rows.set(row.pk?.S ?? '', row);
      asked = UnprocessedKeys;
    }
  });
  return rows;
}
