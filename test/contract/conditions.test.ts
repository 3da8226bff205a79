import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, expect, it } from 'vitest';
import { BatchedWrites } from '../../functions/adapters/dynamo/requests/batched-writes.ts';
import {
  all,
  any,
  atMost,
  type Condition,
  equals,
  lessThan,
  missing,
  moreThan,
  oneOf,
  present,
} from '../../functions/adapters/dynamo/requests/condition.ts';
import { conditionalUpdate, plus, updateRow } from '../../functions/adapters/dynamo/requests/conditional-update.ts';
import { n, s } from '../../functions/adapters/dynamo/requests/row.ts';
import { awsClient } from '../doubles/aws-client.ts';

const client = new DynamoDBClient(awsClient);
const tableName = `contract-conditions-${Date.now()}`;
beforeAll(() =>
  client.send(
    new CreateTableCommand({
      TableName: tableName,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  ),
);
const isRunning = equals('status', s('running'));

/** Makes a row whose condition is about its `status` (running), its `attempt` (2) and what is missing. */
async function newRow() {
  const key = { pk: s(randomUUID()) };
  const row = await updateRow(client, { tableName, key, set: { status: s('running'), attempt: n(2) } });
  return { key, row };
}

/** Writes a row by itself, and another in one request with a third. */
async function writtenUnder(condition: Condition) {
  const change = { tableName, condition, set: { attempt: plus(n(1)), status: s('queued') }, remove: ['note'] };
  const rows = await Promise.all([newRow(), newRow(), newRow()]);
  const [first, second, third] = rows.map(({ key }) => ({ ...change, key }));
  if (first === undefined || second === undefined || third === undefined) throw new Error('three rows were made');
  const madeAlone: unknown[] = [];
  const writes = new BatchedWrites(client, (_level, event, fields) => madeAlone.push({ event, fields }));
  const updates = await Promise.all([conditionalUpdate(client, first), writes.update(second), writes.update(third)]);
  expect(madeAlone).toEqual([]);
  return updates.map((update, place) => {
    const row = rows[place]?.row;
    const changed = { ...row, status: s('queued'), attempt: n(3) };
    expect(update).toEqual('written' in update ? { written: changed } : { refusedBy: row });
    return 'written' in update;
  });
}

it.each<[string, Condition, boolean]>([
  ['equals', isRunning, true],
  ['equals another', equals('status', s('queued')), false],
  ['less than', lessThan('attempt', n(3)), true],
  ['less than itself', lessThan('attempt', n(2)), false],
  ['at most itself', atMost('attempt', n(2)), true],
  ['at most less', atMost('attempt', n(1)), false],
  ['more than', moreThan('attempt', n(1)), true],
  ['more than itself', moreThan('attempt', n(2)), false],
  ['one of', oneOf('status', [s('queued'), s('running')]), true],
  ['one of others', oneOf('status', [s('queued'), s('failed')]), false],
  ['missing', missing('note'), true],
  ['missing what is there', missing('attempt'), false],
  ['present', present('attempt'), true],
  ['present what is missing', present('note'), false],
  ['all', all(isRunning, missing('note')), true],
  ['all but one', all(isRunning, present('note')), false],
  ['any', any(present('note'), isRunning), true],
  ['any of none', any(present('note'), missing('attempt')), false],
  ['all of which one is any', all(any(present('note'), isRunning), moreThan('attempt', n(2))), false],
  ['any of which one is all', any(isRunning, all(present('note'), moreThan('attempt', n(2)))), true],
])('%s: holds alone and in a batched write alike', async (_, condition, holds) => {
  expect(await writtenUnder(condition)).toEqual([holds, holds, holds]);
});
