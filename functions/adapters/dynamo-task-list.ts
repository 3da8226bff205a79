import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { parseTaskOrder, type TaskOrder } from '../core/ids.ts';
import { statusAt, type TaskSummary } from '../core/task.ts';
import type { TaskFilter, TaskPage, TaskQuery } from '../core/task-list.ts';
import { batchGet } from './batch-get.ts';
import { mergedStreams, type ReadStream } from './merged-streams.ts';
import { isExpired, n, type Row, s, statusGroupOf, summaryOfRow } from './task-row.ts';
import type { TaskTables } from './task-tables.ts';

/** The index that holds the fewest tasks beside those asked for, and the values of its key. */
type Index = { readonly name: string; readonly keys: readonly Row[] };

/** A row as the index tells of it. */
type Entry = { readonly tableName: string; readonly pk: string; readonly order: TaskOrder };

/** One request examines so many tasks for each that it may show, and no fewer than the second number. */
const EXAMINED_FACTOR = 4;
const EXAMINED_LEAST = 200;
const CHUNK_LEAST = 25;

const ATTRIBUTES = [
  ...['pk', 'type', 'status', 'priority', 'executorKey', 'attempt', 'maxAttempts', 'attemptsBeforeRetry'],
  ...['timeoutSeconds', 'fingerprint', 'order', 'runAt', 'notBefore', 'startedAt', 'finishedAt'],
  ...['expiresAt', 'shownUntil', 'leaseToken', 'leaseExpiresAt', 'cancelRequestedAt', 'errorCode', 'errorMessage'],
  ...['errorRetryable', 'assigneeType', 'assigneeId', 'workflowInstanceId', 'trace', 'parent', 'fanOut'],
  ...['progress', 'progressNote'],
];
const PROJECTION = {
  ProjectionExpression: ATTRIBUTES.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(ATTRIBUTES.map((name) => [`#${name}`, name])),
};

/** A page of tasks: the keys from one index, over all its shards in order, then their rows in as few requests. */
export async function listTasks(
  client: DynamoDBClient,
  tables: TaskTables,
  { tenantId, filter, limit, after }: TaskQuery,
  now: number,
): Promise<TaskPage> {
  const index = indexOf(filter);
  const streams = tables.tableNames.flatMap((tableName) =>
    index.keys.flatMap((key) =>
      Array.from({ length: tables.indexShards }, (_, shard) =>
        streamOf(client, tableName, index.name, { tenantId: s(tenantId), ...key, indexShard: n(shard) }),
      ),
    ),
  );
  // Shards share a page, but all of it may be of one status.
  const entries = mergedStreams(streams, ({ order }) => order, after, limit * index.keys.length);
  const most = Math.max(limit * EXAMINED_FACTOR, EXAMINED_LEAST);
  const tasks: TaskSummary[] = [];
  let examined = 0;
  let next: TaskOrder | undefined;
  for (;;) {
    const chunk = await take(entries, Math.min(Math.max(limit - tasks.length + 1, CHUNK_LEAST), most - examined));
    examined += chunk.length;
    const rows = await batchGet(client, chunk, PROJECTION);
    for (const { pk, order } of chunk) {
      const row = rows.get(pk);
      const task = row === undefined || isExpired(row, now) ? undefined : summaryOfRow(row);
      const fits = task !== undefined && matches(task, filter, now);
      // One more than the page holds: there is another page, and it begins behind the last that is shown.
      if (fits && tasks.length === limit) return { tasks, ...(next && { next }) };
      if (fits) tasks.push(task);
      next = order;
    }
    if (chunk.length === 0 && examined < most) return { tasks };
    if (examined >= most) return { tasks, ...(next && { next }) };
  }
}

async function take(entries: AsyncGenerator<Entry>, count: number): Promise<Entry[]> {
  const taken: Entry[] = [];
  while (taken.length < count) {
    const { value, done } = await entries.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

const STATUS_GROUPS = ['open', 'succeeded', 'failed', 'cancelled'];

/** A workflow has few tasks and an assignee not many; few tasks are open, failed or cancelled, and most have succeeded. */
function indexOf({ workflowInstanceId, assignee, status, type }: TaskFilter): Index {
  if (workflowInstanceId !== undefined) {
    return { name: 'byWorkflow', keys: [{ workflowInstanceId: s(workflowInstanceId) }] };
  }
  if (assignee !== undefined) {
    return { name: 'byAssignee', keys: [{ assigneeType: s(assignee.type), assigneeId: s(assignee.id) }] };
  }
  if (type !== undefined && (status === undefined || status === 'succeeded')) {
    return { name: 'byType', keys: [{ type: s(type) }] };
  }
  const groups = status === undefined ? STATUS_GROUPS : [statusGroupOf(status)];
  return { name: 'byStatus', keys: groups.map((group) => ({ statusGroup: s(group) })) };
}

/** One partition of an index, the newest first. */
function streamOf(client: DynamoDBClient, tableName: string, indexName: string, key: Row): ReadStream<Entry> {
  const names = Object.keys(key);
  return async (after, limit) => {
    const conditions = [
      ...names.map((name) => `#${name} = :${name}`),
      ...(after === undefined ? [] : ['#order < :after']),
    ];
    const { Items: items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: indexName,
        KeyConditionExpression: conditions.join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(
          [...names, ...(after === undefined ? [] : ['order'])].map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: {
          ...Object.fromEntries(Object.entries(key).map(([name, value]) => [`:${name}`, value])),
          ...(after === undefined ? {} : { ':after': s(after) }),
        },
        ScanIndexForward: false,
        Limit: limit,
      }),
    );
    return items.flatMap(({ pk, order }) => {
      const place = parseTaskOrder(order?.S ?? '');
      return pk?.S === undefined || place === undefined ? [] : [{ tableName, pk: pk.S, order: place }];
    });
  };
}

const matches = (task: TaskSummary, { status, type, assignee, workflowInstanceId }: TaskFilter, now: number): boolean =>
  (status === undefined || statusAt(task, now) === status) &&
  (type === undefined || task.type === type) &&
  (assignee === undefined || (task.assignee?.type === assignee.type && task.assignee.id === assignee.id)) &&
  (workflowInstanceId === undefined || task.workflowInstanceId === workflowInstanceId);
