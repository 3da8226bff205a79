import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compact } from '../../core/compact.ts';
import type { TaskOrder } from '../../core/task/ids.ts';
import { statusAt, type TaskStatus, type TaskSummary } from '../../core/task/task.ts';
import {
  MAX_COUNTED_TASKS,
  MAX_EXAMINED_FOR_COUNT,
  MAX_EXAMINED_TASKS,
  type TaskCount,
  type TaskFilter,
  type TaskPage,
  type TaskQuery,
  taskCountOf,
} from '../../core/task/task-list.ts';
import { isTaskRow } from './key-holders.ts';
import { listEntries } from './lists/list-entries.ts';
import type { ListEntry } from './lists/tagged-tasks.ts';
import { batchGet } from './requests/batch-get.ts';
import type { Row } from './requests/row.ts';
import { isExpired, summaryOfRow, type TaskTables } from './task-row.ts';

/**
 * Rows that are examined at a time: not fewer, so that few steps are needed, and not more, so that few rows are read in
 * vain.
 */
const STEP = { least: 25, most: 1_000 };

/** A page that has taken so long ends where it is: a router has 29 s, and its caller should not wait for half of them. */
const MAX_MILLISECONDS = 5_000;

/** A count that has taken so long tells what it has come to. */
const MAX_COUNT_MILLISECONDS = 15_000;

/** The attributes of a row that a list shows: all but payloads. */
const SHOWN =
  'pk type status priority executorKey attempt maxAttempts attemptsBeforeRetry timeoutSeconds fingerprint order runAt ' +
  'notBefore startedAt finishedAt expiresAt shownUntil leaseToken leaseExpiresAt cancelRequestedAt errorCode lastErrorCode ' +
  'errorMessage errorRetryable assigneeType assigneeId workflowInstanceId tags trace parent schedule fanOut progress progressNote';
/** The attributes that a filter looks at. */
const FILTERED =
  'pk order type status runAt expiresAt shownUntil assigneeType assigneeId workflowInstanceId tags errorCode';

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
  query: TaskQuery,
  now: number,
): Promise<TaskPage> {
  const { filter, limit } = query;
  const entries = listEntries(client, tables, query);
  const started = performance.now();
  const tasks: TaskSummary[] = [];
  let examined = 0;
  let wanted = limit + 1;
  let next: TaskOrder | undefined;
  for (;;) {
    const count = Math.min(Math.max(wanted, STEP.least), STEP.most, MAX_EXAMINED_TASKS - examined);
    const step = await take(entries, count);
    const rows = await batchGet(client, examined === 0 ? step : await fitting(client, step, filter, now), SHOWN_PART);
    for (const entry of step) {
      const row = rows.get(entry.pk);
      if (row !== undefined && fits(row, entry, filter, now)) {
        // One more than the page holds: there is another page, and it begins behind the last that was examined.
        if (tasks.length === limit) return compact({ tasks, next });
        tasks.push(summaryOfRow(row));
      }
      next = entry.order;
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

/** Counts tasks, of whose rows it reads only what the filter looks at. */
export async function countTasks(
  client: DynamoDBClient,
  tables: TaskTables,
  query: Pick<TaskQuery, 'tenantId' | 'filter'>,
  now: number,
): Promise<TaskCount> {
  const entries = listEntries(client, tables, { ...query, limit: STEP.most });
  const started = performance.now();
  const statuses: TaskStatus[] = [];
  for (let examined = 0; examined < MAX_EXAMINED_FOR_COUNT; examined += STEP.most) {
    const step = await take(entries, STEP.most);
    for (const { row } of await fitting(client, step, query.filter, now)) statuses.push(shownStatus(row, now));
    if (step.length < STEP.most) return taskCountOf(statuses, true);
    if (statuses.length > MAX_COUNTED_TASKS || performance.now() - started > MAX_COUNT_MILLISECONDS) break;
  }
  return taskCountOf(statuses, false);
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

/** Returns those of the entries whose rows fit, with what the filter has looked at. */
async function fitting(client: DynamoDBClient, entries: readonly ListEntry[], filter: TaskFilter, now: number) {
  const rows = await batchGet(client, entries, FILTERED_PART);
  return entries.flatMap((entry) => {
    const row = rows.get(entry.pk);
    return row !== undefined && fits(row, entry, filter, now) ? [{ ...entry, row }] : [];
  });
}

const shownStatus = ({ status, runAt }: Row, now: number): TaskStatus =>
  statusAt({ status: status?.S as TaskStatus, ...(runAt?.N === undefined ? {} : { runAt: Number(runAt.N) }) }, now);

function fits(row: Row, { order }: ListEntry, filter: TaskFilter, now: number): boolean {
  const { status, type, assignee, workflowInstanceId, tag, errorCode } = filter;
  return (
    // An index that lags lists what was there before: the binding of a key, or an earlier task of the same key.
    isTaskRow(row) &&
    row.order?.S === order &&
    !isExpired(row, now) &&
    (status === undefined || shownStatus(row, now) === status) &&
    (type === undefined || row.type?.S === type) &&
    (assignee === undefined || (row.assigneeType?.S === assignee.type && row.assigneeId?.S === assignee.id)) &&
    (workflowInstanceId === undefined || row.workflowInstanceId?.S === workflowInstanceId) &&
    (tag === undefined || row.tags?.S?.split(' ').includes(tag) === true) &&
    (errorCode === undefined || (row.status?.S === 'failed' && row.errorCode?.S === errorCode))
  );
}
