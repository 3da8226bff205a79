import { ConditionalCheckFailedException, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Priority } from '../../contract.ts';
import {
  type IdHolder,
  isTombstone,
  type Remains,
  type Tombstone,
  tombstoneKeptUntil,
} from '../../core/deletion/tombstone.ts';
import type { InsertResult } from '../../core/ports.ts';
import { parseTaskId, parseTenantId } from '../../core/task/ids.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { givesWayTo } from '../../core/task/transition.ts';
import { bindingKeptUntil, type KeyBinding } from '../../core/tenant/key-binding.ts';
import { foundInstead } from '../found-instead.ts';
import type { BatchedInsert, BatchedWrites } from './requests/batched-writes.ts';
import { conditionInput } from './requests/conditional-update.ts';
import { n, type Row, requiredIn, s, seconds } from './requests/row.ts';
import { insertable } from './task-conditions.ts';
import { isExpired, rowKey, taskOfRow } from './task-row.ts';

/**
 * Returns the row of a binding. It has none of the keys of an index, and ends like the row of a task: not shown any more, it
 * gives way.
 */
export const rowOfBinding = (binding: KeyBinding): Row => ({
  ...rowKey(binding.tenantId, binding.keyId),
  boundTo: s(binding.taskId),
  fingerprint: s(binding.fingerprint),
  priority: s(binding.priority),
  maxAttempts: n(binding.maxAttempts),
  timeoutSeconds: n(binding.timeoutSeconds),
  shownUntil: seconds(binding.freeAt),
  expiresAt: seconds(bindingKeptUntil(binding)),
});

/** Returns the row of a tombstone, which has none of the keys of an index: a list forgets the task with this write. */
export const rowOfTombstone = (tombstone: Tombstone): Row => ({
  ...rowKey(tombstone.tenantId, tombstone.id),
  deletedAt: n(tombstone.deletedAt),
  shownUntil: seconds(tombstone.freeAt),
  expiresAt: seconds(tombstoneKeptUntil(tombstone)),
  ...(tombstone.remains && { remains: s(JSON.stringify(tombstone.remains)) }),
});

/** Says whether a row is that of a task: bindings of keys and tombstones have theirs in the same tables. */
export const isTaskRow = ({ status }: Row): boolean => status !== undefined;

const required = requiredIn('the row of a key');

/** Reads a row back, as what it is. */
export function holderOfRow(row: Row): IdHolder {
  if (isTaskRow(row)) return taskOfRow(row);
  const [tenant = '', key = ''] = row.pk?.S?.split('#') ?? [];
  const tenantId = required(parseTenantId(tenant), 'tenantId');
  const keyId = required(parseTaskId(key), 'keyId');
  if (row.deletedAt !== undefined) return tombstoneOfRow(row, { tenantId, id: keyId });
  return {
    tenantId,
    keyId,
    taskId: required(parseTaskId(row.boundTo?.S ?? ''), 'boundTo'),
    fingerprint: required(row.fingerprint?.S, 'fingerprint'),
    priority: required(row.priority?.S, 'priority') as Priority,
    maxAttempts: Number(required(row.maxAttempts?.N, 'maxAttempts')),
    timeoutSeconds: Number(required(row.timeoutSeconds?.N, 'timeoutSeconds')),
    freeAt: Number(required(row.shownUntil?.N, 'shownUntil')) * 1000,
  };
}

const tombstoneOfRow = (row: Row, place: Pick<Tombstone, 'tenantId' | 'id'>): Tombstone => ({
  ...place,
  deletedAt: Number(row.deletedAt?.N),
  freeAt: Number(required(row.shownUntil?.N, 'shownUntil')) * 1000,
  ...(row.remains?.S !== undefined && { remains: JSON.parse(row.remains.S) as Remains }),
});

/** Says whether a row that is in the place of a task is past its retention, or was deleted before: TTL has not come to it yet. */
export function mustGiveWay(row: Row, task: TaskSeed, now: number): boolean {
  const holder = holderOfRow(row);
  return (isExpired(row, now) || isTombstone(holder)) && givesWayTo(holder, task);
}

/**
 * Makes a row in one request with others of this turn of the event loop. One that is there already is looked at by itself.
 */
export async function insertRow(
  client: DynamoDBClient,
  writes: BatchedWrites,
  insert: BatchedInsert,
  now: number,
): Promise<InsertResult> {
  const put = () => putRow(client, insert, now);
  const inserted = await writes.insert(insert, put);
  if (inserted === 'inserted') return { result: 'inserted' };
  return inserted === 'exists' ? put() : inserted;
}

/** Makes the row in a request of its own. A row past its retention gives way: TTL has not come to it yet. */
async function putRow(client: DynamoDBClient, { tableName, row }: BatchedInsert, now: number): Promise<InsertResult> {
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: row,
        ...conditionInput(insertable(now)),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { result: 'inserted' };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
    return foundInstead(holderOfRow(error.Item));
  }
}
