import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoStatistics } from '../../functions/adapters/dynamo/statistics.ts';
import { MAX_CHANGE_AGE_SECONDS, STATISTICS_RETENTION_DAYS } from '../../functions/contract.ts';
import { minuteOf } from '../../functions/core/statistics.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';
import { statisticsContract } from './statistics-contract.ts';

const client = new DynamoDBClient(awsClient);
const tableName = inject('stack').statisticsTable;
const NOW = minuteOf(Date.now());
let now = NOW;
const statistics = new DynamoStatistics(client, { tableName, clock: () => now });
const rowOf = async (pk: string, sk: string) => {
  const { Item: row = {} } = await client.send(
    new GetItemCommand({ TableName: tableName, Key: { pk: { S: pk }, sk: { S: sk } } }),
  );
  return row;
};

statisticsContract('DynamoDB', () => statistics);

it('a minute expires', async () => {
  const row = { tenantId: tenant(`expiry-${Date.now()}`), type: 'greet', minute: NOW };
  await statistics.add('a', row, [{ row, sequenceNumber: '1', at: NOW, tally: { accepted: 1 } }]);
  const { expiresAt } = await rowOf(`${row.tenantId}#greet`, new Date(NOW).toISOString());
  expect(Number(expiresAt?.N)).toBe(NOW / 1000 + STATISTICS_RETENTION_DAYS * 86_400);
});

it("a tenant's sum stays, and forgets the shards that are told of no more", async () => {
  const row = { tenantId: tenant(`forget-${Date.now()}`) };
  const add = (shard: string, at: number) =>
    statistics.add(shard, row, [{ row, sequenceNumber: '1', at, tally: { open: 1 } }]);
  const names = async () => Object.keys(await rowOf(row.tenantId, 'tenant')).toSorted();
  const age = MAX_CHANGE_AGE_SECONDS * 1000;
  await add('old', NOW - 2 * age);
  await add('late', NOW - age);
  await add('new', NOW);
  expect(await names()).toEqual(['open', 'pk', expect.stringMatching(/^seen_/), expect.stringMatching(/^seen_/), 'sk']);
  now = NOW + 2 * age;
  await add('newer', now);
  expect(await names()).toEqual(['open', 'pk', expect.stringMatching(/^seen_/), 'sk']);
  expect(await statistics.openTasks(row.tenantId)).toBe(4);
});
