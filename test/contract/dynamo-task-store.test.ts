import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskStoreContract } from './task-store-contract.ts';

const { tasksTable } = inject('stack');

taskStoreContract('DynamoDB', () => {
  const client = new DynamoDBClient(awsClient);
  return new DynamoTaskStore(client, { tableName: tasksTable, indexShards: 4, retentionDays: 14 });
});
