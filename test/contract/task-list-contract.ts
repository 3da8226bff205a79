import { beforeAll, describe, expect, it } from 'vitest';
import { mapConcurrently } from '../../functions/core/concurrency.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import { orderOf, type TaskOrder } from '../../functions/core/task/ids.ts';
import {
  newTask,
  type SucceededTask,
  type Task,
  type TaskSeed,
  type TaskSummary,
} from '../../functions/core/task/task.ts';
import type { TaskFilter } from '../../functions/core/task/task-list.ts';
import { DAY, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

type Status = Task['status'];

/** Tests how every task store lists tasks. `retentionDays` of the store under test is 14. */
export function taskListContract(name: string, makeStore: () => TaskStore): void {
  describe(`${name} as a list of tasks`, () => {
    const store = makeStore();
    const { read, taskThatIs } = storeDriver(store);

    const statuses = ['scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
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
        });
        all.push({ seed, status });
      }
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
    ];
    const fits = ({ seed, status }: (typeof all)[number], filter: TaskFilter): boolean =>
      (filter.status === undefined || filter.status === status) &&
      (filter.type === undefined || filter.type === seed.type) &&
      (filter.assignee === undefined ||
        (filter.assignee.id === seed.assignee?.id && filter.assignee.type === seed.assignee.type)) &&
      (filter.workflowInstanceId === undefined || filter.workflowInstanceId === seed.workflowInstanceId);
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
