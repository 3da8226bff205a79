import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import { taskStoreContract } from './task-store-contract.ts';

const { awsEndpoint, tasksTable } = inject('stack');

taskStoreContract('DynamoDB', () => {
  const client = new DynamoDBClient({
    endpoint: awsEndpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return new DynamoTaskStore(client, { tableName: tasksTable, indexShards: 4, retentionDays: 14 });
});
