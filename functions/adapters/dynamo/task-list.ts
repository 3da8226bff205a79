import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { compact } from '../../core/compact.ts';
import { parseTaskOrder, type TaskOrder } from '../../core/task/ids.ts';
import { statusAt, type TaskStatus, type TaskSummary } from '../../core/task/task.ts';
import { MAX_EXAMINED_TASKS, type TaskFilter, type TaskPage, type TaskQuery } from '../../core/task/task-list.ts';
import { isTaskRow } from './key-holders.ts';
import { batchGet } from './requests/batch-get.ts';
import { n, type Row, s } from './requests/row.ts';
import { groupsWith, isExpired, STATUS_GROUPS, summaryOfRow, type TaskTables } from './task-row.ts';

/** An index of the task tables, and the values of its key that a list reads. */
type Index = { readonly name: string; readonly keys: readonly Row[] };

/** A row as its index lists it. */
type ListEntry = { readonly tableName: string; readonly pk: string; readonly order: TaskOrder };

/**
 * Rows that are examined at a time: not fewer, so that few steps are needed, and not more, so that few rows are read in
 * vain.
 */
const STEP = { least: 25, most: 1_000 };

/** A page that has taken so long ends where it is: a router has 29 s, and its caller should not wait for half of them. */
const MAX_MILLISECONDS = 5_000;

/** The attributes of a row that a list shows: all but payloads. */
const SHOWN =
  'pk type status priority executorKey attempt maxAttempts attemptsBeforeRetry timeoutSeconds fingerprint order runAt ' +
  'notBefore startedAt finishedAt expiresAt shownUntil leaseToken leaseExpiresAt cancelRequestedAt errorCode ' +
  'errorMessage errorRetryable assigneeType assigneeId workflowInstanceId trace parent schedule fanOut progress progressNote boundTo';
/** The attributes that a filter looks at. */
const FILTERED = 'pk type status runAt expiresAt assigneeType assigneeId workflowInstanceId boundTo';

function projectionOf(attributes: string) {
  const names = attributes.split(' ');
  return {
    ProjectionExpression: names.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  };
}
const SHOWN_PART = projectionOf(SHOWN);
const FILTERED_PART = projectionOf(FILTERED);

/**
 * Reads a page of tasks: the keys from one index, over all its shards in order, then their rows in as few requests. Where few
 * fit the filter it reads on, in larger steps, and of a row only what the filter looks at, until the page is full.
 */
export async function queryTasks(
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
  // Shards share a page, but all of its tasks may be of one status.
  const entries = mergedStreams(streams, ({ order }) => order, after, limit * index.keys.length);
  const started = performance.now();
  const tasks: TaskSummary[] = [];
  let examined = 0;
  let wanted = limit + 1;
  let next: TaskOrder | undefined;
  for (;;) {
    const count = Math.min(Math.max(wanted, STEP.least), STEP.most, MAX_EXAMINED_TASKS - examined);
    const step = await take(entries, count);
    const rows = await batchGet(client, examined === 0 ? step : await fitting(client, step, filter, now), SHOWN_PART);
    for (const { pk, order } of step) {
      const row = rows.get(pk);
      if (row !== undefined && fits(row, filter, now)) {
        // One more than the page holds: there is another page, and it begins behind the last that was examined.
        if (tasks.length === limit) return compact({ tasks, next });
        tasks.push(summaryOfRow(row));
      }
      next = order;
    }
    if (step.length < count) return { tasks };
    examined += count;
    if (examined === MAX_EXAMINED_TASKS || performance.now() - started > MAX_MILLISECONDS) {
      return compact({ tasks, next });
    }
    // The next step is as long as should hold what is missing, going by the steps so far.
    wanted = Math.ceil(((limit + 1 - tasks.length) * examined) / Math.max(1, tasks.length));
  }
}

async function take(entries: AsyncGenerator<ListEntry>, count: number): Promise<ListEntry[]> {
  const taken: ListEntry[] = [];
  while (taken.length < count) {
    const { value, done } = await entries.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

/** Returns those of the entries whose rows fit. */
async function fitting(client: DynamoDBClient, entries: readonly ListEntry[], filter: TaskFilter, now: number) {
  const rows = await batchGet(client, entries, FILTERED_PART);
  return entries.filter(({ pk }) => {
    const row = rows.get(pk);
    return row !== undefined && fits(row, filter, now);
  });
}

/**
 * Chooses the index that holds the fewest tasks beside those that fit. A workflow has few tasks and an assignee not many; few
 * tasks fail, are cancelled, or wait for the clock or for subtasks, and a type's others are no more than all others.
 */
function indexOf({ workflowInstanceId, assignee, status, type }: TaskFilter): Index {
  if (workflowInstanceId !== undefined) {
    return { name: 'byWorkflow', keys: [{ workflowInstanceId: s(workflowInstanceId) }] };
  }
  if (assignee !== undefined) {
    return { name: 'byAssignee', keys: [{ assigneeType: s(assignee.type), assigneeId: s(assignee.id) }] };
  }
  const groups = status === undefined ? STATUS_GROUPS : groupsWith(status);
  if (type !== undefined && groups.includes('succeeded')) return { name: 'byType', keys: [{ type: s(type) }] };
  return { name: 'byStatus', keys: groups.map((group) => ({ statusGroup: s(group) })) };
}

/** Reads one partition of an index, the newest first. */
function streamOf(client: DynamoDBClient, tableName: string, indexName: string, key: Row): ReadStream<ListEntry> {
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

function fits(row: Row, { status, type, assignee, workflowInstanceId }: TaskFilter, now: number): boolean {
  const runAt = row.runAt?.N === undefined ? {} : { runAt: Number(row.runAt.N) };
  return (
    // Where its task was, an index that lags lists the binding of a key.
    isTaskRow(row) &&
    !isExpired(row, now) &&
    (status === undefined || statusAt({ status: row.status?.S as TaskStatus, ...runAt }, now) === status) &&
    (type === undefined || row.type?.S === type) &&
    (assignee === undefined || (row.assigneeType?.S === assignee.type && row.assigneeId?.S === assignee.id)) &&
    (workflowInstanceId === undefined || row.workflowInstanceId?.S === workflowInstanceId)
  );
}

/** Reads the next items of a stream behind `after`, at most `limit`; fewer than that mean its end. */
export type ReadStream<Item> = (after: string | undefined, limit: number) => Promise<readonly Item[]>;

/** One query of an index could return more entries than this: they have less than half a KB each. */
const MOST_AT_ONCE = 1_000;

/**
 * Merges streams that each come in descending order of `orderOf` into one, and reads of each only about what its share of
 * `expected` items is, then on as it is used up, twice as much each time. An item that comes in several streams, or twice in
 * one, comes once: they are read at different moments, and it may have moved from one to another in between.
 */
async function* mergedStreams<Item>(
  streams: readonly ReadStream<Item>[],
  orderOf: (item: Item) => string,
  after: string | undefined,
  expected: number,
): AsyncGenerator<Item, void, undefined> {
  // Twice its part, since chance does not deal evenly, and one to tell the end by.
  const share = Math.ceil((2 * expected) / streams.length) + 2;
  const heads = streams.map((read) => ({ read, items: [] as Item[], place: after, share, ended: false }));
  let last: string | undefined;
  for (;;) {
    await Promise.all(
      heads
        .filter(({ items, ended }) => items.length === 0 && !ended)
        .map(async (head) => {
          head.items.push(...(await head.read(head.place, head.share)));
          head.ended = head.items.length < head.share;
          head.share = Math.min(2 * head.share, Math.max(share, MOST_AT_ONCE));
          const end = head.items.at(-1);
          if (end !== undefined) head.place = orderOf(end);
        }),
    );
    const filled = heads.filter(({ items }) => items.length > 0);
    const greatest = filled.reduce<(typeof filled)[number] | undefined>(
      (best, head) => (best === undefined || firstOf(head.items, orderOf) > firstOf(best.items, orderOf) ? head : best),
      undefined,
    );
    const item = greatest?.items.shift();
    if (item === undefined) return;
    // Each head is the greatest of its stream, so that equal items come one after another.
    if (orderOf(item) === last) continue;
    last = orderOf(item);
    yield item;
  }
}

const firstOf = <Item>([first]: readonly Item[], orderOf: (item: Item) => string): string =>
  first === undefined ? '' : orderOf(first);
