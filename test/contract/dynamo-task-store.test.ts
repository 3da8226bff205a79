import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoDueTasks } from '../../functions/adapters/dynamo-due-tasks.ts';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskStoreContract } from './task-store-contract.ts';

const { tasksTables: tableNames } = inject('stack');

taskStoreContract('DynamoDB', () => {
  const client = new DynamoDBClient(awsClient);
  const options = { tableNames, indexShards: 4, retentionDays: 14 };
  return { store: new DynamoTaskStore(client, options), due: new DynamoDueTasks(client, options) };
});
