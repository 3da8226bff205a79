import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { DynamoWaiterSlots } from '../../functions/adapters/dynamo/control-table.ts';
import { DynamoTagIndex } from '../../functions/adapters/dynamo/history/tag-index.ts';
import { DynamoSettingsStore } from '../../functions/adapters/dynamo/settings-store.ts';
import { DynamoTaskStore } from '../../functions/adapters/dynamo/task-store.ts';
import { DynamoWebhookStore } from '../../functions/adapters/dynamo/webhooks/webhook-store.ts';
import { TieredPayloadStore } from '../../functions/adapters/payload-store.ts';
import { SqsTaskQueue } from '../../functions/adapters/sqs/task-queue.ts';
import type { LeaseToken, TaskId } from '../../functions/core/task/ids.ts';
import { newTask, type Task } from '../../functions/core/task/task.ts';
import { type Webhook, webhookIdOf } from '../../functions/core/webhook/webhook.ts';
import { indexTags } from '../../functions/projector/index-tags.ts';
import { makeDeliveries } from '../../functions/projector/make-deliveries.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import type { Authorization } from '../../functions/router/answer.ts';
import { answer } from '../../functions/router/router.ts';
import { CALL_COSTS } from '../../planner/costs/cost-basis.ts';
import { type ApiRequest, apiEvent } from '../doubles/api-event.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { echo } from '../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { createWorld } from '../doubles/world.ts';

const { isSecond = false, tasksTables: tableNames, definitionsTable, payloadBucket: bucket } = inject('stack');
const { webhooksTable, historyTable } = inject('stack');
const spent = { writes: 0, reads: 0, sqs: 0 };

type Capacity = { readonly CapacityUnits?: number };
type Output = { readonly ConsumedCapacity?: Capacity | Capacity[]; readonly Responses?: Record<string, object[]> };
const READS = new Set([GetItemCommand, BatchGetItemCommand, QueryCommand].map(({ name }) => name));

/** This client asks for the capacity of each of its calls, and adds it up. */
const dynamo = new DynamoDBClient(awsClient);
dynamo.middlewareStack.add(
  (next, context) => async (args) => {
    const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input;
    const kind = READS.has(context.commandName ?? '') ? 'reads' : 'writes';
    const result = await next({ ...args, input }).catch((error) => {
      // A refused write is billed like any other (DynamoDB, "Condition expressions"), and says nothing of it.
      if (error instanceof ConditionalCheckFailedException) spent[kind] += 1;
      throw error;
    });
    const { ConsumedCapacity: consumed, Responses: rows } = result.output as Output;
    // The local cloud forgets the capacity of BatchGetItem: it is half a unit for each row, none of which is larger
    // than 4 KB.
    const each = Object.values(rows ?? {}).flatMap((found) => [found].flat().map(() => ({ CapacityUnits: 0.5 })));
    spent[kind] += [consumed ?? each].flat().reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    return result;
  },
  { step: 'initialize' },
);

/** This client counts requests as SQS bills them: each 64 KB is one. */
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
sqs.middlewareStack.add(
  (next) => (args) => {
    spent.sqs += Math.ceil(Buffer.byteLength(JSON.stringify(args.input)) / 65_536);
    return next(args);
  },
  { step: 'initialize' },
);

/** Nobody who waits at the deployed stack takes slots of this one. */
const controlTable = `contract-units-${Date.now()}`;
beforeAll(() =>
  new DynamoDBClient(awsClient).send(
    new CreateTableCommand({
      TableName: controlTable,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  ),
);

const options = { tableNames, indexShards: 1, retentionDays: 14, bucket };
const queueUrlPrefix = `${awsClient.endpoint}/000000000000/millrace-`;
const world = createWorld([{ ...echo, type: 'units.nothing-runs' }]);
/** Time passes with sleep alone while somebody waits. */
let frozen: number | undefined;
const ports = {
  ...world.ports,
  clock: () => frozen ?? Date.now(),
  sleep: async (milliseconds: number) => {
    frozen = (frozen ?? Date.now()) + milliseconds;
  },
  slots: new DynamoWaiterSlots(dynamo, { tableName: controlTable, slots: 50, random: Math.random }),
  store: new DynamoTaskStore(dynamo, options, () => {}),
  queue: new SqsTaskQueue(sqs, { queueUrlPrefix, catalog: world.ports.catalog, classes: RESOURCE_CLASS_SPECS }),
  payloads: new TieredPayloadStore(dynamo, () => Promise.reject(new Error('nothing here is so large')), options),
  settings: new DynamoSettingsStore(dynamo, { tableName: definitionsTable, clock: () => 1, log: () => {} }),
};

const caller: Authorization = {
  tenantId: `units-${Date.now().toString(36)}`,
  scopes: 'submit read operate admin platform',
};
async function call(request: string, more: ApiRequest = {}): Promise<Record<string, never>> {
  const { statusCode = 0, body = '' } = await answer(apiEvent(request, { caller, ...more }), ports);
  if (statusCode >= 400) throw new Error(`${request}: ${body}`);
  return JSON.parse(body);
}

let count = 0;
/** Returns the units that a call takes, without those of what prepares it. */
async function unitsOf(work: () => Promise<unknown>) {
  Object.assign(spent, { writes: 0, reads: 0, sqs: 0 });
  await work();
  return { ...spent };
}

/** No executor may take them while they are measured, so they wait for a while. */
const small = { type: 'units.nothing-runs', input: { name: 'Ada' }, delaySeconds: 900 };
const submit = async (task: Record<string, unknown> = small): Promise<TaskId> =>
  (await call('POST /api/tasks', { body: task })).id as unknown as TaskId;
const keyed = (key: string) => ({ body: small, headers: { 'idempotency-key': key } });
const endingKey = (key: string) => ({ ...keyed(key), body: { ...small, idempotencyKeyTtlSeconds: 3600 } });
const tenantId = tenant(caller.tenantId ?? '');
/** Runs a task as its executor would, to success. */
async function run(id: TaskId): Promise<void> {
  const task = await new DynamoTaskStore(new DynamoDBClient(awsClient), options, () => {}).get(
    tenantId,
    id,
    Date.now(),
  );
  if (task === undefined) throw new Error('it is gone');
  const lease = { token: `lease-${++count}` as LeaseToken, expiresAt: Date.now() + 1e6 };
  const claim = await ports.store.claim(task, lease, Date.now() + 1e6);
  if (claim.result !== 'claimed') throw new Error(claim.result);
  const settlement = {
    status: 'succeeded',
    output: { inline: { greeting: 'Hello Ada' } },
    finishedAt: Date.now(),
  } as const;
  await ports.store.settle(claim.task, settlement);
}

const toldAll = { statuses: [], includeOutput: true };
const webhooks = new DynamoWebhookStore(dynamo, webhooksTable);
/** Has the end of a task told as the projector does. The executors find no such webhook, and send nothing. */
async function tellEnd(told: readonly Webhook[]): Promise<void> {
  const seed = taskSeed({ tenantId, type: small.type, createdAt: Date.now() });
  const ended = {
    status: 'succeeded',
    output: { inline: 'x'.repeat(200) },
    startedAt: 1,
    finishedAt: ++count,
  } as const;
  const after: Task = { ...seed, attempt: 1, ...ended };
  const change = { id: '1', at: 1, before: undefined, after, usage: { submittedTogether: 1, writeUnits: 1 } };
  const store = { get: async () => ({ ...(await webhooks.get(tenantId)), webhooks: told }) };
  const left = await makeDeliveries([change], { ...ports, webhooks: store });
  if (left.size > 0) throw new Error('the end was not told');
}

const tagged = newTask(taskSeed({ tenantId, type: small.type, tags: ['order/7', 'eu'] }));
/** Lists a task by its tags as the projector does, as its row comes or goes. */
async function listByTags(before: Task | undefined, after: Task | undefined): Promise<void> {
  const change = { id: '1', at: 1, before, after, usage: { submittedTogether: 1, writeUnits: 1 } };
  const tags = new DynamoTagIndex(dynamo, { ...options, historyTable });
  if ((await indexTags([change], { ...ports, tags })).size > 0) throw new Error('the task was not listed');
}

const calls: Record<string, () => Promise<() => Promise<unknown>>> = {
  'submit a task': async () => () => submit(),
  'submit a task of a workflow, for an assignee': async () => () =>
    submit({ ...small, workflowInstanceId: 'wf-1', assignee: { type: 'user', id: 'u-1' } }),
  'submit a task with 2 KB of input': async () => () =>
    submit({ ...small, input: { text: Array.from({ length: 200 }, (_, n) => `word-${n}`).join(' ') } }),
  'submit a task for later than 900 s': async () => () => submit({ ...small, delaySeconds: 901 }),
  'submit again with the same key': async () => {
    const key = `key-${++count}-${Date.now()}`;
    await call('POST /api/tasks', keyed(key));
    return () => call('POST /api/tasks', keyed(key));
  },
  'submit a task with a key that is free again in an hour': async () => () =>
    call('POST /api/tasks', endingKey(`key-${++count}-${Date.now()}`)),
  'submit again with that key': async () => {
    const request = endingKey(`key-${++count}-${Date.now()}`);
    await call('POST /api/tasks', request);
    return () => call('POST /api/tasks', request);
  },
  'submit 100 small tasks at once': async () => () =>
    call('POST /api/tasks/batch', { body: { tasks: Array(100).fill(small) } }),
  'claim and settle': async () => {
    // Without a message no executor takes it, though it is for now.
    const seed = taskSeed({ tenantId, type: small.type });
    await ports.store.insert(newTask(seed));
    return () => run(seed.id);
  },
  'claim and settle a delayed task': async () => {
    const id = await submit();
    return () => run(id);
  },
  'read a task': async () => {
    const id = await submit();
    return () => call(`GET /api/tasks/${id}`);
  },
  'wait a second for a task': async () => {
    const id = await submit();
    const wait = async (seconds: number) => {
      frozen = Date.now();
      await call(`GET /api/tasks/${id}?waitSeconds=${seconds}`, { receivedAt: frozen });
      frozen = undefined;
    };
    // The first to wait makes the item of the slots.
    await wait(1);
    return () => wait(1);
  },
  'list 25 tasks of a type': async () => {
    await call('POST /api/tasks/batch', { body: { tasks: Array(30).fill(small) } });
    return () => call('GET /api/tasks?type=units.nothing-runs');
  },
  'cancel a waiting task': async () => {
    const id = await submit();
    return () => call(`POST /api/tasks/${id}/cancel`);
  },
  'retry a cancelled task': async () => {
    const id = await submit();
    await call(`POST /api/tasks/${id}/cancel`);
    return () => call(`POST /api/tasks/${id}/retry`);
  },
  'change a definition': async () => () =>
    call('PATCH /api/definitions/units.nothing-runs', { body: { maxAttempts: 2 } }),
  'submit a task with `onEnd`': async () => () => submit({ ...small, onEnd: { url: 'https://hooks.example/done' } }),
  'list a task by two tags': async () => () => listByTags(undefined, tagged),
  'take a task off two tags': async () => () => listByTags(tagged, undefined),
  'tell nobody of the end of a task': async () => () => tellEnd([]),
  'tell a webhook of the end of a task': async () => () =>
    tellEnd([{ id: webhookIdOf('0'.repeat(26)), url: 'https://hooks.example', types: [], ...toldAll, createdAt: 1 }]),
};

describe('what a call takes', () => {
  // The first to ask for the settings of a type reads them; the others of its function do not.
  beforeAll(() => submit());

  // The local cloud counts a statement as one unit, and forgets the indexes that it writes to; the second implementation does not.
  const counted = Object.keys(calls).filter((name) => isSecond || !name.includes('at once'));

  it.each(counted)('%s: as docs/costs.md says', async (name) => {
    const work = await calls[name]?.();
    expect(await unitsOf(async () => work?.())).toEqual(CALL_COSTS.get(name));
  });

  it('is all that docs/costs.md tells of', () => {
    expect([...CALL_COSTS.keys()].toSorted()).toEqual(Object.keys(calls).toSorted());
  });

  it('is within the budgets: 5 write units and 1 read unit a task, 2 SQS requests for 100 of them', () => {
    const [submitted, run] = [CALL_COSTS.get('submit a task'), CALL_COSTS.get('claim and settle')];
    expect((submitted?.writes ?? 99) + (run?.writes ?? 99)).toBeLessThanOrEqual(5);
    expect((submitted?.reads ?? 99) + (run?.reads ?? 99)).toBeLessThanOrEqual(1);
    expect(CALL_COSTS.get('submit 100 small tasks at once')?.sqs).toBeLessThanOrEqual(2);
  });
});
