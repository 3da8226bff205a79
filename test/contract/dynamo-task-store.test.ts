import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, inject, it } from 'vitest';
import { DynamoDueTasks } from '../../functions/adapters/dynamo/due-tasks.ts';
import { DynamoFanOuts } from '../../functions/adapters/dynamo/fan-outs.ts';
import { DynamoTagIndex } from '../../functions/adapters/dynamo/history/tag-index.ts';
import { DynamoTaskDeletions } from '../../functions/adapters/dynamo/operations/task-deletions.ts';
import { DynamoTaskStore } from '../../functions/adapters/dynamo/task-store.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import type { LeaseToken } from '../../functions/core/task/ids.ts';
import { newTask } from '../../functions/core/task/task.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { fanOutsContract } from './fan-outs-contract.ts';
import { keyBindingsContract } from './key-bindings-contract.ts';
import { lateAttemptsContract } from './late-attempts-contract.ts';
import { partialRetriesContract } from './partial-retries-contract.ts';
import { retentionContract } from './retention-contract.ts';
import { taskDeletionsContract } from './task-deletions-contract.ts';
import { taskListContract } from './task-list-contract.ts';
import { taskOperationsContract } from './task-operations-contract.ts';
import { taskStoreContract } from './task-store-contract.ts';

const client = new DynamoDBClient(awsClient);
const { tasksTables: tableNames, historyTable } = inject('stack');
const options = { tableNames, historyTable, indexShards: 4, retentionDays: 14 };
/** These writes, of several that came together, had to be made alone: on AWS, each would cost a request more. */
const madeAlone: object[] = [];
const makeStore = () =>
  new DynamoTaskStore(client, options, (_level, event, fields) => madeAlone.push({ event, fields }));
afterEach(() => {
  expect(madeAlone.splice(0)).toEqual([]);
});

/** Gives each write of an executor company in its turn of the event loop, so that they are one request. */
function accompanied(store: DynamoTaskStore): TaskStore {
  const other = taskSeed({ tenantId: tenant('company') });
  const lease = { token: 'company' as LeaseToken, expiresAt: Date.now() + 1e9 };
  return new Proxy(store, {
    get: (target, verb: 'claim' | 'settle' | 'check') => {
      const method = target[verb].bind(target) as (...given: unknown[]) => unknown;
      if (!['insert', 'bindKey', 'claim', 'settle', 'check'].includes(verb)) return method;
      return async (...given: unknown[]) => (await Promise.all([method(...given), target.claim(other, lease, 1)]))[0];
    },
  });
}

taskStoreContract('DynamoDB', makeStore);
taskStoreContract('DynamoDB, among other writes', () => accompanied(makeStore()));
const makeStores = () => ({ store: makeStore(), due: new DynamoDueTasks(client, options, () => {}) });
taskOperationsContract('DynamoDB', makeStores);
lateAttemptsContract('DynamoDB', makeStores);
keyBindingsContract('DynamoDB', makeStore);
keyBindingsContract('DynamoDB, among other writes', () => accompanied(makeStore()));
fanOutsContract('DynamoDB', () => ({
  store: makeStore(),
  due: new DynamoDueTasks(client, options, () => {}),
  fanOuts: new DynamoFanOuts(client, options),
}));

partialRetriesContract('DynamoDB', () => ({
  store: makeStore(),
  due: new DynamoDueTasks(client, options, () => {}),
  fanOuts: new DynamoFanOuts(client, options),
}));
taskDeletionsContract('DynamoDB', () => ({ ...makeStores(), deletions: new DynamoTaskDeletions(client, options) }));
taskListContract('DynamoDB', makeStore, new DynamoTagIndex(client, options));
retentionContract('DynamoDB', makeStore);

it('inserts, claims, tells and settles ten tasks with one request each', async () => {
  const requests: string[] = [];
  const counting = new DynamoDBClient(awsClient);
  counting.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        requests.push(commandName);
        return next(args);
      },
    { step: 'initialize' },
  );
  const store = new DynamoTaskStore(counting, options, (_level, event, fields) => madeAlone.push({ event, fields }));
  const { claim } = storeDriver(store);
  const seeds = Array.from({ length: 10 }, () => taskSeed({ createdAt: NOW }));
  await Promise.all(seeds.map((seed) => store.insert(newTask(seed))));
  const tasks = await Promise.all(seeds.map((seed) => claim(seed)));
  expect(tasks.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(Array(10).fill('running 1'));
  expect(await Promise.all(tasks.map((task) => store.check(task, { progress: { fraction: 0.5 } })))).toEqual(
    Array(10).fill('held'),
  );
  const output = { inline: 1 };
  const settled = tasks.map((task) => store.settle(task, { status: 'succeeded', output, finishedAt: NOW }));
  expect(await Promise.all(settled)).toEqual(Array(10).fill('settled'));
  expect(requests).toEqual(Array(4).fill('BatchExecuteStatementCommand'));
});
