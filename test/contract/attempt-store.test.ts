import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { DynamoAttemptStore } from '../../functions/adapters/dynamo/history/attempt-store.ts';
import { MemoryAttemptStore } from '../../functions/adapters/memory/memory-attempts.ts';
import type { AttemptRecord, AttemptStore } from '../../functions/core/task/attempt-record.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

const { historyTable } = inject('stack');
const client = new DynamoDBClient(awsClient);
/** TTL takes what is kept until a time that is past. */
const KEPT_UNTIL = Date.UTC(2036, 0, 1);

const record = (number: number): AttemptRecord => ({
  number,
  outcome: 'retried',
  startedAt: 1,
  endedAt: 2,
  executorKey: 'default/normal/0',
  error: { code: 'x', message: 'ü"\n', retryable: true, causes: [{ message: '…' }], stack: 'at a.ts:1:1\nat b.ts:2:2' },
  progress: { fraction: 0.5 },
});

describe.each<[string, AttemptStore]>([
  ['memory', new MemoryAttemptStore()],
  ['DynamoDB', new DynamoAttemptStore(client, historyTable)],
])('records of attempts in %s', (_, store) => {
  it('are read as they were written, first to last, those of one task alone', async () => {
    const [task, other] = [taskSeed(), taskSeed()];
    expect(await store.latest(task, 100)).toEqual([]);
    for (const number of [10, 2, 1]) await store.put(task, record(number), KEPT_UNTIL);
    await store.put(other, record(7), KEPT_UNTIL);
    expect(await store.latest(task, 100)).toEqual([1, 2, 10].map(record));
    expect(await store.latest({ ...task, tenantId: tenant('umbrella') }, 100)).toEqual([]);
  });

  it('are those of the latest attempts, where there are more than are asked for', async () => {
    const task = taskSeed();
    for (const number of [9_999, 10_000, 10_001]) await store.put(task, record(number), KEPT_UNTIL);
    expect((await store.latest(task, 2)).map(({ number }) => number)).toEqual([10_000, 10_001]);
  });

  it('are written twice as well as once', async () => {
    const task = taskSeed();
    await store.put(task, record(1), KEPT_UNTIL);
    await store.put(task, record(1), KEPT_UNTIL);
    expect(await store.latest(task, 100)).toEqual([record(1)]);
  });
});

it('a record in DynamoDB expires when it is kept no longer', async () => {
  const task = taskSeed();
  await new DynamoAttemptStore(client, historyTable).put(task, record(1), KEPT_UNTIL + 1);
  const Key = { pk: { S: `${task.tenantId}#${task.id}` }, sk: { S: 'attempt#000001' } };
  const { Item: row } = await client.send(new GetItemCommand({ TableName: historyTable, Key }));
  expect(row?.expiresAt).toEqual({ N: String(KEPT_UNTIL / 1000 + 1) });
});
