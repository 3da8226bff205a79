import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoAuditStore } from '../../functions/adapters/dynamo/history/audit-store.ts';
import { DynamoTaskHistory } from '../../functions/adapters/dynamo/history/task-history.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { auditStoreContract } from './audit-store-contract.ts';

const client = new DynamoDBClient(awsClient);
const { historyTable: tableName } = inject('stack');
const makeStore = () => new DynamoAuditStore(client, { tableName, retentionDays: 365 });

auditStoreContract('DynamoDB', makeStore);

it('keeps an act for as long as the deployment says', async () => {
  const tenantId = tenant(`kept-${Date.now().toString(36)}`);
  const time = Date.UTC(2036, 5, 15);
  const actor = { kind: 'key', id: 'aaaaaaaaaaaa' } as const;
  const act = { time, actor, action: 'retryTask', resource: 'tasks/1', outcome: 202, requestId: 'one' };
  await makeStore().record(tenantId, act);
  const { Items: rows } = await client.send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `#audit#${tenantId}#2036-06-15` } },
    }),
  );
  expect(rows).toMatchObject([{ expiresAt: { N: String(time / 1000 + 365 * 86_400) } }]);
});

it('finds all that is kept of a task, and forgets it', async () => {
  const history = new DynamoTaskHistory(client, tableName);
  const [{ tenantId, id }, other] = [taskSeed(), taskSeed()];
  const put = (task: string, sk: string, more = {}) =>
    client.send(
      new PutItemCommand({ TableName: tableName, Item: { pk: { S: `acme#${task}` }, sk: { S: sk }, ...more } }),
    );
  await put(id, 'attempt#000001');
  await put(id, 'input#0001', { inputRef: { S: `acme#${id}#input` } });
  await put(other.id, 'attempt#000001');
  const entries = await history.entries(tenantId, id);
  expect(entries).toEqual([{ key: 'attempt#000001' }, { key: 'input#0001', ref: `acme#${id}#input` }]);
  for (let times = 0; times < 2; times++) await history.remove(tenantId, id, entries);
  expect(await history.entries(tenantId, id)).toEqual([]);
  expect(await history.entries(tenantId, other.id)).toHaveLength(1);
});
