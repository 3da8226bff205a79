import { BatchGetItemCommand, type DynamoDBClient, type KeysAndAttributes } from '@aws-sdk/client-dynamodb';
import { chunksOf, mapConcurrently } from '../../../core/concurrency.ts';
import type { Row } from './row.ts';
import { PARALLEL_REQUESTS, untilProcessed } from './unprocessed.ts';

/** Rows of one `BatchGetItem` request (DynamoDB API reference). */
const BATCH_ROWS = 100;

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
  const read = async (asked: Record<string, KeysAndAttributes>): Promise<Record<string, KeysAndAttributes>> => {
    const { Responses = {}, UnprocessedKeys = {} } = await client.send(
      new BatchGetItemCommand({ RequestItems: asked }),
    );
    for (const row of Object.values(Responses).flat()) rows.set(row.pk?.S ?? '', row);
    return UnprocessedKeys;
  };
  await mapConcurrently(chunksOf([...distinct.values()], BATCH_ROWS), PARALLEL_REQUESTS, (batch) => {
    const asked = Object.fromEntries(
      [...Map.groupBy(batch, ({ tableName }) => tableName)].map(([tableName, group]) => [
        tableName,
        { ...options, Keys: group.map(({ pk }) => ({ pk: { S: pk } })) },
      ]),
    );
    return untilProcessed(
      asked,
      (left) => Object.keys(left).length === 0,
      read,
      'the table did not return all rows that were asked for',
    );
  });
  return rows;
}
