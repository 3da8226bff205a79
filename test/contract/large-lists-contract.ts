import { beforeAll, describe, expect, it } from 'vitest';
import { mapConcurrently } from '../../functions/core/concurrency.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import { taskIdOf } from '../../functions/core/task/ids.ts';
import { newTask, type TaskSeed } from '../../functions/core/task/task.ts';
import { MAX_EXAMINED_TASKS, type TaskFilter } from '../../functions/core/task/task-list.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 2);

/**
 * The contract is given a store over so many tables and index shards, and the read units that it has spent since it was
 * last asked.
 */
export type MeteredStore = {
  readonly store: Pick<TaskStore, 'insert' | 'list'>;
  readonly tables: number;
  readonly shards: number;
  readonly spent: () => number;
};

/** Tests what lists promise a tenant that has `count` tasks, one that has ten beside it, and one whose tasks are all for later. */
export function largeListsContract(name: string, count: number, make: () => MeteredStore): void {
  const { store, tables, shards, spent } = make();
  /** Each page of a list has to be merged from so many partitions. */
  const partitions = tables * shards;
  const run = Date.now().toString(36);
  const [many, few, later] = [tenant(`many-${run}`), tenant(`few-${run}`), tenant(`later-${run}`)];

  /** Makes the tasks of a tenant, several in each millisecond, so that places are told apart by more than time. */
  const seedsOf = (tenantId: typeof many, count: number, more: Partial<TaskSeed> = {}): TaskSeed[] =>
    Array.from({ length: count }, (_, number) =>
      taskSeed({
        id: taskIdOf(`${run.toUpperCase().replaceAll(/[ILOU]/g, 'X')}${number}`.padStart(26, '0'), number % tables),
        tenantId,
        type: number === 0 ? 'oldest' : number % 10 === 0 ? 'rare' : 'common',
        createdAt: Date.UTC(2026, 0, 1) + Math.floor(number / 3),
        ...(number % 4 === 0 ? { assignee: { type: 'user', id: `u-${number % 8}` } } : {}),
        ...(number % 5 === 0 ? { workflowInstanceId: `wf-${number % 50}` } : {}),
        ...more,
      }),
    );
  const tasks = new Map([
    [many, seedsOf(many, count)],
    [few, seedsOf(few, 10)],
    [later, seedsOf(later, count, { runAt: NOW + 1 })],
  ]);

  beforeAll(async () => {
    await mapConcurrently([...tasks.values()].flat(), 40, (seed) => store.insert(newTask(seed)));
  }, 120_000);

  /** Reads every page of a list; returns the tasks, and the most that one page has cost. */
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
    { type: 'oldest', status: 'queued' },
    { type: 'rare', assignee: { type: 'user', id: 'u-0' }, workflowInstanceId: 'wf-40', status: 'queued' },
  ];

  describe.each([
    [`${count} tasks`, many],
    [`10 tasks beside another's ${count}`, few],
  ])(`${name}: a tenant with %s`, (_, tenantId) => {
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

  describe(`${name}: a page`, () => {
    it('of 25 costs what 26 rows and a query of each shard cost, however many tasks there are', async () => {
      const { dearest } = await all(many, { type: 'common' }, 25);
      // A row takes half a unit, and each query at least half a unit: a few shards are asked twice.
      expect(dearest).toBeLessThanOrEqual(26 * 0.5 + 2 * partitions * 0.5);
      expect((await all(few, { type: 'common' }, 25)).dearest).toBeLessThanOrEqual(dearest);
    }, 60_000);

    it(`has what fits among the next ${MAX_EXAMINED_TASKS} tasks, and costs half a unit for each of them`, async () => {
      let after: Parameters<typeof store.list>[0]['after'];
      const found: number[] = [];
      do {
        spent();
        const page = await store.list(
          { tenantId: later, filter: { type: 'oldest', status: 'scheduled' }, limit: 25, after },
          NOW,
        );
        const examined = Math.min(count, MAX_EXAMINED_TASKS);
        // The keys of twenty tasks take half a unit, and up to as many again are read in vain.
        const keys = (2 * examined) / 20 + 6 * partitions;
        expect(spent()).toBeLessThanOrEqual((examined + keys) * 0.5 + 1);
        found.push(page.tasks.length);
        after = page.next;
      } while (after !== undefined);
      // The oldest of all is the last of that many, which nobody knows to be the last.
      const before = Math.ceil(count / MAX_EXAMINED_TASKS) - 1;
      expect(found.slice(0, before + 1)).toEqual([...Array(before).fill(0), 1]);
      expect(found.slice(before + 1).filter((tasks) => tasks > 0)).toEqual([]);
    }, 60_000);

    it('is bounded even where almost nothing fits its filter', async () => {
      const { dearest } = await all(many, { type: 'common', workflowInstanceId: 'wf-0' }, 10);
      expect(dearest).toBeLessThanOrEqual(200 * 0.5 + 6 * partitions * 0.5);
    }, 60_000);
  });
}
