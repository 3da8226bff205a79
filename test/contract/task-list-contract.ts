import { beforeAll, describe, expect, it } from 'vitest';
import { mapConcurrently } from '../../functions/core/concurrency.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import { scheduleIdOf } from '../../functions/core/schedule/schedule.ts';
import { orderOf, type TaskId, type TaskOrder } from '../../functions/core/task/ids.ts';
import type { TagIndex, TagWrite } from '../../functions/core/task/tag-index.ts';
import {
  newTask,
  type SucceededTask,
  type Task,
  type TaskSeed,
  type TaskSummary,
} from '../../functions/core/task/task.ts';
import type { TaskFilter } from '../../functions/core/task/task-list.ts';
import { DAY, error, failure, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

type Status = Task['status'];

const writesOf = (seeds: readonly TaskSeed[], isListed: boolean): TagWrite[] =>
  seeds.flatMap((seed) =>
    (seed.tags ?? []).map((tag) => ({
      entry: { tenantId: seed.tenantId, tag, order: orderOf(seed), id: seed.id },
      isListed,
    })),
  );

/** Tests how every task store lists tasks, with what lists them by their tags, if that is apart. `retentionDays` of the store is 14. */
export function taskListContract(name: string, makeStore: () => TaskStore, tags?: TagIndex): void {
  describe(`${name} as a list of tasks`, () => {
    const store = makeStore();
    const { claim, read, taskThatIs } = storeDriver(store);

    /** Lists tasks by their tags, as the projector does when their rows come. */
    const project = async (seeds: readonly TaskSeed[]) => tags?.write(writesOf(seeds, true));

    const statuses = ['scheduled', 'queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;
    const owner = tenant(`lists-${Date.now().toString(36)}`);
    const all: { readonly seed: TaskSeed; readonly status: Status }[] = [];
    beforeAll(async () => {
      for (const [number, status] of Array.from({ length: 5 }, () => statuses)
        .flat()
        .entries()) {
        const seed = await taskThatIs(status, {
          tenantId: owner,
          type: number % 2 === 0 ? 'even' : 'odd',
          // Two tasks at a time are created in the same millisecond.
          createdAt: NOW + Math.floor(number / 2),
          ...(number % 3 === 0 ? { assignee: { type: 'user', id: number % 2 === 0 ? 'a' : 'b' } } : {}),
          ...(number % 5 === 0 ? { workflowInstanceId: 'wf-1' } : {}),
          ...(number % 3 === 1 ? { tags: number % 2 === 0 ? ['order/7'] : ['eu', 'order/7'] } : {}),
          ...(number % 4 === 0 ? { schedule: { id: scheduleIdOf('0'.repeat(26), 0), time: NOW } } : {}),
        });
        all.push({ seed, status });
      }
      await project(all.map(({ seed }) => seed));
    }, 30_000);

    const filters: TaskFilter[] = [
      {},
      ...statuses.map((status) => ({ status })),
      { type: 'even' },
      { type: 'none' },
      { type: 'odd', status: 'succeeded' },
      { type: 'odd', status: 'failed' },
      { type: 'even', status: 'queued' },
      { assignee: { type: 'user', id: 'a' } },
      { assignee: { type: 'team', id: 'a' } },
      { assignee: { type: 'user', id: 'b' }, type: 'odd', status: 'cancelled' },
      { workflowInstanceId: 'wf-1' },
      { workflowInstanceId: 'wf-1', assignee: { type: 'user', id: 'a' }, type: 'even' },
      { workflowInstanceId: 'wf-1', status: 'running' },
      { createdFrom: NOW + 3, createdTo: NOW + 7 },
      { createdFrom: NOW + 16 },
      { createdTo: NOW + 1, type: 'odd' },
      { createdFrom: NOW + 2, createdTo: NOW + 15, status: 'failed', type: 'even' },
      { createdFrom: NOW + 5, createdTo: NOW + 5 },
      { createdFrom: NOW + 2, workflowInstanceId: 'wf-1' },
      { createdTo: NOW + 9, assignee: { type: 'user', id: 'a' } },
      { tag: 'order/7' },
      { tag: 'eu', createdFrom: NOW + 5 },
      { tag: 'order/7', status: 'failed', type: 'odd' },
      { tag: 'order/7', errorCode: 'boom' },
      { tag: 'eu', workflowInstanceId: 'wf-1' },
      { tag: 'order' },
      { errorCode: 'boom' },
      { errorCode: 'bang' },
      { errorCode: 'boom', type: 'odd', status: 'failed' },
      { errorCode: 'boom', type: 'none' },
      { errorCode: 'boom', status: 'queued' },
      { errorCode: 'boom', createdFrom: NOW + 4 },
      { errorCode: 'boom', workflowInstanceId: 'wf-1' },
    ];
    const fits = ({ seed, status }: (typeof all)[number], filter: TaskFilter): boolean =>
      (filter.status === undefined || filter.status === status) &&
      (filter.type === undefined || filter.type === seed.type) &&
      (filter.assignee === undefined ||
        (filter.assignee.id === seed.assignee?.id && filter.assignee.type === seed.assignee.type)) &&
      (filter.workflowInstanceId === undefined || filter.workflowInstanceId === seed.workflowInstanceId) &&
      (filter.tag === undefined || seed.tags?.includes(filter.tag) === true) &&
      seed.createdAt >= (filter.createdFrom ?? 0) &&
      seed.createdAt < (filter.createdTo ?? Number.POSITIVE_INFINITY) &&
      // All that failed did so with this code.
      (filter.errorCode === undefined || (filter.errorCode === 'boom' && status === 'failed'));
    const pages = async (filter: TaskFilter, limit: number, now = NOW): Promise<TaskSummary[][]> => {
      const found: TaskSummary[][] = [];
      let after: TaskOrder | undefined;
      do {
        const page = await store.list({ tenantId: owner, filter, limit, after }, now);
        found.push([...page.tasks]);
        after = page.next;
      } while (after !== undefined);
      return found;
    };

    it.each(filters)('by %j has each task that fits once, the newest first, on pages of any size', async (filter) => {
      const expected = all
        .filter((one) => fits(one, filter))
        .map(({ seed }) => seed)
        .toSorted((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))
        .map(({ id }) => id);
      for (const limit of [1, 3, 100]) {
        const found = await pages(filter, limit);
        expect(found.flat().map(({ id }) => id)).toEqual(expected);
        expect(found.every((page) => page.length <= limit)).toBe(true);
      }
    });

    it.each(filters)('by %j counts each task that fits by its status', async (filter) => {
      const fitting = all.filter((one) => fits(one, filter)).map(({ status }) => status);
      const byStatus = Object.fromEntries(
        statuses.map((one) => [one, fitting.filter((other) => other === one).length]),
      );
      expect(await store.count({ tenantId: owner, filter }, NOW)).toEqual({
        total: fitting.length,
        byStatus,
        isExact: true,
      });
    });

    it('shows nothing by a tag but a task that has it, whatever is listed', async () => {
      const [tenantId, other] = ['tagged', 'other'].map((one) => tenant(`${one}-${Date.now().toString(36)}`));
      if (tenantId === undefined || other === undefined) throw new Error('there are two');
      const seed = await taskThatIs('queued', { tenantId, tags: ['eu'] });
      const strange = await taskThatIs('queued', { tenantId: other, tags: ['eu', 'us'] });
      const plain = await taskThatIs('queued', { tenantId });
      await project([
        ...[seed, strange],
        // Its row is gone, or was never written; and it was another task of its key, or had other tags.
        ...[taskSeed({ tenantId, tags: ['eu'] }), { ...seed, createdAt: NOW - 1 }, { ...plain, tags: ['eu'] }],
        { ...strange, tenantId },
      ]);
      const found = async (owner: typeof tenantId, tag: string, now = NOW) =>
        (await store.list({ tenantId: owner, filter: { tag }, limit: 10 }, now)).tasks.map(({ id }) => id);
      expect(await found(tenantId, 'eu')).toEqual([seed.id]);
      expect(await found(tenantId, 'us')).toEqual([]);
      expect(await found(other, 'us')).toEqual([strange.id]);
      await store.settle(await claim(seed), failure);
      expect(await found(tenantId, 'eu')).toEqual([seed.id]);
      expect(await found(tenantId, 'eu', NOW + 15 * DAY)).toEqual([]);
      await tags?.write(writesOf([seed], false));
      if (tags !== undefined) expect(await found(tenantId, 'eu')).toEqual([]);
    });

    it('takes nothing for a failure that is followed by another attempt, or was retried', async () => {
      const tenantId = tenant(`retried-${Date.now().toString(36)}`);
      const found = async (filter: TaskFilter) =>
        (await store.list({ tenantId, filter, limit: 10 }, NOW)).tasks.map(({ id, status }) => ({ id, status }));
      const seed = await taskThatIs('queued', { tenantId });
      await store.settle(await claim(seed), { status: 'queued', error, notBefore: NOW });
      expect(await found({ errorCode: 'boom' })).toEqual([]);
      expect(await read(seed)).toMatchObject({ status: 'queued', error });
      await store.settle(await claim(seed), failure);
      expect(await found({ errorCode: 'boom' })).toEqual([{ id: seed.id, status: 'failed' }]);
      await store.retry(tenantId, seed.id, NOW, NOW + DAY);
      for (const filter of [{ errorCode: 'boom' }, { status: 'failed', type: seed.type }] as const) {
        expect(await found(filter)).toEqual([]);
      }
    });

    it('shows all of a task but its input and output', async () => {
      const found = (await pages({}, 100)).flat();
      for (const { seed } of all) {
        const { input: _input, output: _output, ...task } = (await read(seed)) as SucceededTask;
        expect(found.find(({ id }) => id === seed.id)).toEqual(task);
      }
    });

    it("has nothing of another tenant's", async () => {
      expect(await store.list({ tenantId: tenant('nobody'), filter: {}, limit: 10 }, NOW)).toEqual({ tasks: [] });
    });

    it('shows the few that run on the first page, however many that wait are newer', async () => {
      const tenantId = tenant(`backlog-${Date.now().toString(36)}`);
      const running: TaskSeed[] = [];
      for (const createdAt of [NOW, NOW + 100]) running.push(await taskThatIs('running', { tenantId, createdAt }));
      const waiting = Array.from({ length: 600 }, (_, number) =>
        taskSeed({ tenantId, createdAt: NOW + (number < 150 ? 50 : 200) + number }),
      );
      await mapConcurrently(waiting, 40, (seed) => store.insert(newTask(seed)));
      const { tasks, next } = await store.list({ tenantId, filter: { status: 'running' }, limit: 25 }, NOW);
      expect(tasks.map(({ id }) => id)).toEqual(running.map(({ id }) => id).toReversed());
      expect(next).toBeUndefined();
      const first = await store.list({ tenantId, filter: { status: 'running' }, limit: 1 }, NOW);
      expect(first.tasks.map(({ id }) => id)).toEqual([running[1]?.id]);
    }, 60_000);

    it.each(['scheduled', 'queued', 'running', 'waiting', 'failed', 'cancelled'] as const)(
      'shows the few that are %s, however many that succeeded are newer',
      async (status) => {
        const tenantId = tenant(`ended-${status}-${Date.now().toString(36)}`);
        const few: TaskId[] = [];
        for (const createdAt of [NOW, NOW + 30]) few.unshift((await taskThatIs(status, { tenantId, createdAt })).id);
        await mapConcurrently(
          Array.from({ length: 60 }, (_, number) => number),
          20,
          (number) => taskThatIs('succeeded', { tenantId, createdAt: NOW + number }),
        );
        const { tasks, next } = await store.list({ tenantId, filter: { status }, limit: 25 }, NOW);
        expect(tasks.map(({ id }) => id)).toEqual(few);
        expect(next).toBeUndefined();
      },
      60_000,
    );

    it('shows a task under the status that it has, and once among all, whatever it was before', async () => {
      const tenantId = tenant(`moving-${Date.now().toString(36)}`);
      const listed = async (filter: TaskFilter) =>
        (await store.list({ tenantId, filter, limit: 10 }, NOW + DAY)).tasks.map(({ id }) => id);
      const expectIn = async (status: Status) => {
        expect(await listed({})).toEqual([seed.id]);
        for (const one of statuses) expect(await listed({ status: one }), one).toEqual(one === status ? [seed.id] : []);
        expect(await listed({ status, type: seed.type })).toEqual([seed.id]);
      };
      // By the time of these lists a scheduled task is due, and counts as queued.
      const seed = await taskThatIs('scheduled', { tenantId });
      await expectIn('queued');
      await store.settle(await claim(seed, NOW + 5000), failure);
      await expectIn('failed');
      await store.retry(tenantId, seed.id, NOW, NOW + DAY);
      await expectIn('queued');
      const again = await claim(seed);
      await expectIn('running');
      await store.settle(again, { status: 'waiting', fanOut: { attempt: 2, count: 2 }, reconcileAt: NOW + 900_000 });
      await expectIn('waiting');
      await store.cancel(tenantId, seed.id, NOW);
      await expectIn('cancelled');
      await store.retry(tenantId, seed.id, NOW, NOW + DAY);
      await store.settle(await claim(seed), { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW });
      await expectIn('succeeded');
    });

    it('has nothing that is past its retention', async () => {
      const found = (await pages({}, 7, NOW + 15 * DAY)).flat();
      expect(found.map(({ status }) => status).toSorted()).toEqual(
        all
          .map(({ status }) => status)
          .filter((status) => !['succeeded', 'failed', 'cancelled'].includes(status))
          .toSorted(),
      );
    });

    it('takes a scheduled task whose time has come for a queued one', async () => {
      expect((await pages({ status: 'scheduled' }, 100, NOW + 5000)).flat()).toEqual([]);
      expect((await pages({ status: 'queued' }, 100, NOW + 5000)).flat()).toHaveLength(10);
    });
  });
}
