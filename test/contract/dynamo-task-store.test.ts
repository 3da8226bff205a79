import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoDueTasks } from '../../functions/adapters/dynamo-due-tasks.ts';
import { DynamoFanOuts } from '../../functions/adapters/dynamo-fan-outs.ts';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import type { LeaseToken } from '../../functions/core/ids.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { fanOutsContract } from './fan-outs-contract.ts';
import { taskListContract } from './task-list-contract.ts';
import { taskOperationsContract } from './task-operations-contract.ts';
import { taskStoreContract } from './task-store-contract.ts';

const client = new DynamoDBClient(awsClient);
const options = { tableNames: inject('stack').tasksTables, indexShards: 4, retentionDays: 14 };
const makeStore = () => new DynamoTaskStore(client, options);

/** Each write of an executor has company in its turn of the event loop, so that they are one request. */
function accompanied(store: DynamoTaskStore): TaskStore {
  const other = taskSeed({ tenantId: tenant('company') });
  const lease = { token: 'company' as LeaseToken, expiresAt: Date.now() + 1e9 };
  return new Proxy(store, {
    get: (target, verb: 'claim' | 'settle' | 'check') => {
      const method = target[verb].bind(target) as (...given: unknown[]) => unknown;
      if (!['claim', 'settle', 'check'].includes(verb)) return method;
      return async (...given: unknown[]) => (await Promise.all([method(...given), target.claim(other, lease, 1)]))[0];
    },
  });
}

taskStoreContract('DynamoDB', makeStore);
taskStoreContract('DynamoDB, among other writes', () => accompanied(makeStore()));
taskOperationsContract('DynamoDB', () => ({ store: makeStore(), due: new DynamoDueTasks(client, options, () => {}) }));
fanOutsContract('DynamoDB', () => ({
  store: makeStore(),
  due: new DynamoDueTasks(client, options, () => {}),
  fanOuts: new DynamoFanOuts(client, options),
}));
taskListContract('DynamoDB', makeStore);
