import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { parseTaskId, parseTaskOrder, type TaskOrder, type TenantId } from '../../../core/task/ids.ts';
import { tagPartitionOf } from '../history/tag-index.ts';
import { pkOf, type TaskTables, tableOf } from '../task-row.ts';
import { indexQuery } from './index-query.ts';
import type { ReadStream } from './merged-streams.ts';

/** A row as its index lists it. */
export type ListEntry = { readonly tableName: string; readonly pk: string; readonly order: TaskOrder };

/** Reads what is listed under a tag of a tenant, a stream for each shard, the newest first. */
export function tagStreams(
  client: DynamoDBClient,
  tables: TaskTables,
  tenantId: TenantId,
  tag: string,
): ReadStream<ListEntry>[] {
  const { historyTable: tableName } = tables;
  if (tableName === undefined) throw new Error('this function lists no tasks by their tags: it knows no table of them');
  return Array.from({ length: tables.indexShards }, (_, shard) => async (after: string | undefined, limit: number) => {
    const partition = { tableName, key: tagPartitionOf(tenantId, tag, shard) };
    const { Items: items = [] } = await client.send(indexQuery(partition, { name: 'sk', below: after, limit }));
    return items.flatMap((item) => {
      const [id, order] = [parseTaskId(item.id?.S ?? ''), parseTaskOrder(item.sk?.S ?? '')];
      return id === undefined || order === undefined
        ? []
        : [{ tableName: tableOf(tables, id), pk: pkOf(tenantId, id), order }];
    });
  });
}
