import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoDueTasks } from '../../functions/adapters/dynamo-due-tasks.ts';
import { DynamoFanOuts } from '../../functions/adapters/dynamo-fan-outs.ts';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { fanOutsContract } from './fan-outs-contract.ts';
import { taskListContract } from './task-list-contract.ts';
import { taskOperationsContract } from './task-operations-contract.ts';
import { taskStoreContract } from './task-store-contract.ts';

const client = new DynamoDBClient(awsClient);
const options = { tableNames: inject('stack').tasksTables, indexShards: 4, retentionDays: 14 };
const makeStore = () => new DynamoTaskStore(client, options);

taskStoreContract('DynamoDB', makeStore);
taskOperationsContract('DynamoDB', () => ({ store: makeStore(), due: new DynamoDueTasks(client, options, () => {}) }));
fanOutsContract('DynamoDB', () => ({
  store: makeStore(),
  due: new DynamoDueTasks(client, options, () => {}),
  fanOuts: new DynamoFanOuts(client, options),
}));
taskListContract('DynamoDB', makeStore);
