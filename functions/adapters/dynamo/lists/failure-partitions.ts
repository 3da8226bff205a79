import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TaskFilter } from '../../../core/task/task-list.ts';
import { s } from '../requests/row.ts';
import { indexQuery, type Partition, type Shard } from './index-query.ts';

/** Where tasks have failed in more ways than this, it would take a page too much to ask for each. */
const MOST_KINDS = 50;

/** Says whether a filter leaves only tasks that failed, and of these not all. */
export const isOfFailures = ({ status, type, errorCode }: TaskFilter): boolean =>
  errorCode !== undefined || (status === 'failed' && type !== undefined);

/**
 * Returns where `byFailure` lists the failed tasks of a type, of a code, or of both. In each shard it sorts them by type, code and
 * creation, so that each kind of failure is a list of its own. The codes of a type are found by stepping from one to the next, and so
 * are the types of a code: half a unit for each. Returns `undefined` where they are too many.
 */
export async function failurePartitions(
  client: DynamoDBClient,
  shards: readonly Shard[],
  { type, errorCode }: TaskFilter,
): Promise<readonly Partition[] | undefined> {
  const found = await Promise.all(
    shards.map(async (one) => {
      const shard = { ...one, indexName: 'byFailure' };
      const ofType = type === undefined ? shard : within(shard, 'type', type);
      if (type !== undefined && errorCode !== undefined) return [within(ofType, 'errorCode', errorCode)];
      if (errorCode === undefined) return steps(client, ofType, 'errorCode');
      return (await steps(client, shard, 'type')).map((one) => within(one, 'errorCode', errorCode));
    }),
  );
  return found.some((kinds) => kinds.length > MOST_KINDS) ? undefined : found.flat();
}

const within = ({ key, ...rest }: Partition, name: string, value: string): Partition => ({
  ...rest,
  key: { ...key, [name]: s(value) },
});

/** Returns the parts of a partition by the values of an attribute that it is sorted by, up to one more than `MOST_KINDS`. */
async function steps(client: DynamoDBClient, partition: Partition, name: 'type' | 'errorCode'): Promise<Partition[]> {
  const parts: Partition[] = [];
  for (let above: string | undefined; parts.length <= MOST_KINDS; ) {
    const { Items: [entry] = [] } = await client.send(indexQuery(partition, { name, above, limit: 1 }));
    above = entry?.[name]?.S;
    if (above === undefined) break;
    parts.push(within(partition, name, above));
  }
  return parts;
}
