import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { orderFrom, parseTaskOrder } from '../../../core/task/ids.ts';
import type { TaskFilter, TaskQuery } from '../../../core/task/task-list.ts';
import { n, type Row, s } from '../requests/row.ts';
import { groupsWith, STATUS_GROUPS, type TaskTables } from '../task-row.ts';
import { failurePartitions, isOfFailures } from './failure-partitions.ts';
import { indexQuery, type Partition, type Shard } from './index-query.ts';
import { MOST_AT_ONCE, mergedStreams, type ReadStream } from './merged-streams.ts';
import { type ListEntry, tagStreams } from './tagged-tasks.ts';

/** An index of the task tables, and the values of its key that a list reads. */
type Index = { readonly name: string; readonly keys: readonly Row[] };

/** Lists a tenant's tasks from one index, over all its shards, the newest first: those that fit, and as few others as may be. */
export async function* listEntries(
  client: DynamoDBClient,
  tables: TaskTables,
  { tenantId, filter, limit, after }: TaskQuery,
): AsyncGenerator<ListEntry, void, undefined> {
  const { workflowInstanceId, assignee, tag, createdFrom, createdTo } = filter;
  const isByTag = tag !== undefined && workflowInstanceId === undefined && assignee === undefined;
  const shards = tables.tableNames.flatMap((tableName) =>
    Array.from({ length: tables.indexShards }, (_, shard) => ({
      tableName,
      key: { tenantId: s(tenantId), indexShard: n(shard) },
    })),
  );
  const streams = isByTag
    ? tagStreams(client, tables, tenantId, tag)
    : (await partitionsOf(client, shards, filter)).map((partition) => streamOf(client, partition));
  // Shards share a page, though all of its tasks may be of one status. Each is asked for twice its part, since chance does not deal
  // evenly, and for one to tell the end by.
  const share = Math.ceil((2 * limit) / (isByTag ? tables.indexShards : shards.length)) + 2;
  const end = createdTo === undefined ? undefined : orderFrom(createdTo);
  const start = createdFrom === undefined ? '' : orderFrom(createdFrom);
  const before = end === undefined || (after !== undefined && after < end) ? after : end;
  const entries = mergedStreams(streams, ({ order }) => order, before, Math.min(share, MOST_AT_ONCE));
  for await (const entry of entries) {
    if (entry.order < start) return;
    yield entry;
  }
}

async function partitionsOf(
  client: DynamoDBClient,
  shards: readonly Shard[],
  filter: TaskFilter,
): Promise<readonly Partition[]> {
  const { workflowInstanceId, assignee } = filter;
  if (workflowInstanceId === undefined && assignee === undefined && isOfFailures(filter)) {
    const ofFailures = await failurePartitions(client, shards, filter);
    if (ofFailures !== undefined) return ofFailures;
  }
  const { name: indexName, keys } = indexOf(filter);
  return shards.flatMap(({ tableName, key: shard }) =>
    keys.map((key) => ({ tableName, indexName, key: { ...shard, ...key } })),
  );
}

/**
 * Chooses the index that holds the fewest tasks beside those that fit. A workflow has few tasks and an assignee not many; few
 * tasks fail, are cancelled, or wait for the clock or for subtasks, and a type's others are no more than all others.
 */
function indexOf({ workflowInstanceId, assignee, status, type, errorCode }: TaskFilter): Index {
  if (workflowInstanceId !== undefined) {
    return { name: 'byWorkflow', keys: [{ workflowInstanceId: s(workflowInstanceId) }] };
  }
  if (assignee !== undefined) {
    return { name: 'byAssignee', keys: [{ assigneeType: s(assignee.type), assigneeId: s(assignee.id) }] };
  }
  const one = errorCode === undefined ? status : 'failed';
  const groups = one === undefined ? STATUS_GROUPS : groupsWith(one);
  if (type !== undefined && groups.includes('succeeded')) return { name: 'byType', keys: [{ type: s(type) }] };
  return { name: 'byStatus', keys: groups.map((group) => ({ statusGroup: s(group) })) };
}

/** Reads one partition of an index, the newest first. */
const streamOf =
  (client: DynamoDBClient, partition: Partition): ReadStream<ListEntry> =>
  async (after, limit) => {
    const { Items: items = [] } = await client.send(indexQuery(partition, { name: 'order', below: after, limit }));
    return items.flatMap(({ pk, order }) => {
      const place = parseTaskOrder(order?.S ?? '');
      return pk?.S === undefined || place === undefined
        ? []
        : [{ tableName: partition.tableName, pk: pk.S, order: place }];
    });
  };
