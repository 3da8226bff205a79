import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import { taskIdOf } from '../../functions/core/ids.ts';
import { inParallel } from '../../functions/core/in-parallel.ts';
import { newTask, type TaskSeed } from '../../functions/core/task.ts';
import type { TaskFilter } from '../../functions/core/task-list.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

/** The local cloud looks through a table for each query, so that 10,000 take minutes: `LIST_TASKS=10000`. */
const TASKS = Number(process.env.LIST_TASKS ?? 1_000);
const SHARDS = 8;
const NOW = Date.UTC(2026, 0, 2);
const options = { tableNames: inject('stack').tasksTables, indexShards: SHARDS, retentionDays: 14 };

/** Read units of what a store has asked for since the last time. */
function metered() {
  let units = 0;
  const client = new DynamoDBClient(awsClient);
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input;
      const result = await next({ ...args, input });
      const { ConsumedCapacity: consumed = [] } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
      for (const { CapacityUnits = 0 } of [consumed].flat()) units += CapacityUnits;
      return result;
    },
    { step: 'initialize' },
  );
  const spent = (): number => {
    const since = units;
    units = 0;
    return since;
  };
  return { store: new DynamoTaskStore(client, options), spent };
}
type Capacity = { readonly CapacityUnits?: number };

const { store, spent } = metered();
const run = Date.now().toString(36);
const [many, few] = [tenant(`many-${run}`), tenant(`few-${run}`)];

/** The tasks of a tenant, several in each millisecond, so that places are told apart by more than time. */
const seedsOf = (tenantId: typeof many, count: number): TaskSeed[] =>
  Array.from({ length: count }, (_, number) =>
    taskSeed({
      id: taskIdOf(`${run.toUpperCase().replaceAll(/[ILOU]/g, 'X')}${number}`.padStart(26, '0'), 0),
      tenantId,
      type: number % 10 === 0 ? 'rare' : 'common',
      createdAt: Date.UTC(2026, 0, 1) + Math.floor(number / 3),
      ...(number % 4 === 0 ? { assignee: { type: 'user', id: `u-${number % 8}` } } : {}),
      ...(number % 5 === 0 ? { workflowInstanceId: `wf-${number % 50}` } : {}),
    }),
  );
const tasks = new Map([
  [many, seedsOf(many, TASKS)],
  [few, seedsOf(few, 10)],
]);

beforeAll(async () => {
  await inParallel([...tasks.values()].flat(), 40, (seed) => store.insert(newTask(seed)));
}, 120_000);

/** Every page of a list, with the most that one has cost. */
async function all(tenantId: typeof many, filter: TaskFilter, limit: number) {
  const ids: string[] = [];
  let dearest = 0;
  let after: Parameters<typeof store.list>[0]['after'];
  do {
    spent();
    const page = await store.list({ tenantId, filter, limit, after }, NOW);
    dearest = Math.max(dearest, spent());
    expect(page.tasks.length).toBeLessThanOrEqual(limit);
    ids.push(...page.tasks.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return { ids, dearest };
}

const matches = (seed: TaskSeed, { type, assignee, workflowInstanceId, status }: TaskFilter): boolean =>
  (type === undefined || seed.type === type) &&
  (assignee === undefined || seed.assignee?.id === assignee.id) &&
  (workflowInstanceId === undefined || seed.workflowInstanceId === workflowInstanceId) &&
  (status === undefined || status === 'queued');

const filters: TaskFilter[] = [
  {},
  { status: 'queued' },
  { status: 'failed' },
  { type: 'common' },
  { type: 'rare', status: 'queued' },
  { assignee: { type: 'user', id: 'u-4' } },
  { workflowInstanceId: 'wf-10' },
  { type: 'rare', assignee: { type: 'user', id: 'u-0' }, workflowInstanceId: 'wf-40', status: 'queued' },
];

describe.each([
  [`${TASKS} tasks`, many],
  [`10 tasks beside another's ${TASKS}`, few],
])('a tenant with %s', (_, tenantId) => {
  it.each(filters)(
    'finds each that fits %j once, the newest first',
    async (filter) => {
      const seeds = tasks.get(tenantId) ?? [];
      const { ids } = await all(tenantId, filter, 100);
      const created = new Map(seeds.map(({ id, createdAt }) => [id as string, createdAt]));
      expect(ids.toSorted()).toEqual(
        seeds
          .filter((seed) => matches(seed, filter))
          .map(({ id }) => id)
          .toSorted(),
      );
      const times = ids.map((id) => created.get(id) ?? 0);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
    },
    120_000,
  );
});

describe('a page', () => {
  it('of 25 costs what 25 rows and a query of each shard cost, however many tasks there are', async () => {
    spent();
    await store.list({ tenantId: many, filter: { type: 'common' }, limit: 25 }, NOW);
    const first = spent();
    await store.list({ tenantId: few, filter: { type: 'common' }, limit: 25 }, NOW);
    expect(spent()).toBeLessThanOrEqual(first);
    // Half a unit for each row, and at least half a unit for each query: a few shards are asked twice.
    expect(first).toBeLessThanOrEqual(25 * 0.5 + 2 * SHARDS * 0.5);
  });

  it('is bounded even where almost nothing fits its filter', async () => {
    const { dearest } = await all(many, { type: 'common', workflowInstanceId: 'wf-0' }, 10);
    expect(dearest).toBeLessThanOrEqual(200 * 0.5 + 4 * SHARDS * 0.5);
  }, 60_000);
});
