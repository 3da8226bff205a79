import { describe, expect, it } from 'vitest';
import { n, type Row, s } from '../../../../functions/adapters/dynamo/requests/row.ts';
import { rowOfNew, statusGroupOf } from '../../../../functions/adapters/dynamo/task-row.ts';
import { DynamoTaskStore } from '../../../../functions/adapters/dynamo/task-store.ts';
import { newTask, type TaskStatus } from '../../../../functions/core/task/task.ts';
import { MAX_EXAMINED_TASKS, type TaskFilter } from '../../../../functions/core/task/task-list.ts';
import { indexedClient } from '../../../doubles/indexed-client.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 2);
const OPTIONS = { tableNames: ['tasks-0'], indexShards: 2, retentionDays: 14 };
const OPEN = ['scheduled', 'queued', 'running', 'waiting'] as const;

/** Makes a table into which rows of a status can be put as the store leaves them, or as `group` says. */
function table() {
  const { client, put, spent } = indexedClient();
  const add = (status: TaskStatus, createdAt: number, group: string = statusGroupOf(status)): string => {
    const seed = taskSeed({ createdAt, ...(status === 'scheduled' ? { runAt: NOW + 1 } : {}) });
    const begun: Row = { startedAt: n(createdAt), attempt: n(1) };
    const more: Partial<Record<TaskStatus, Row>> = {
      running: { ...begun, leaseToken: s('lease'), leaseExpiresAt: n(NOW) },
      waiting: { ...begun, fanOut: s('1/2') },
      succeeded: { ...begun, finishedAt: n(createdAt) },
    };
    const row = rowOfNew(newTask(seed), undefined, OPTIONS.indexShards);
    put('tasks-0', { ...row, ...more[status], status: s(status), statusGroup: s(group) });
    return seed.id;
  };
  return { add, spent, store: new DynamoTaskStore(client, OPTIONS, () => {}) };
}

/** Reads every page of a list; returns what each has, and the most read units that one has cost. */
async function pagesOf({ store, spent }: ReturnType<typeof table>, filter: TaskFilter) {
  const pages: string[][] = [];
  let dearest = 0;
  let after: Parameters<typeof store.list>[0]['after'];
  do {
    spent();
    const page = await store.list({ tenantId: taskSeed().tenantId, filter, limit: 25, after }, NOW);
    dearest = Math.max(dearest, spent());
    pages.push(page.tasks.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return { pages, dearest };
}

describe('behind 12,000 newer tasks that have succeeded', () => {
  const tasks = table();
  const found = Object.fromEntries(
    OPEN.map((status) => [status, [0, 1, 2].map((age) => tasks.add(status, NOW - 86_400_000 - age))]),
  );
  for (let age = 0; age < 12_000; age++) tasks.add('succeeded', NOW - age);

  it.each(['scheduled', 'waiting'] as const)(
    'the tasks that are %s are the first page, for a few units',
    async (status) => {
      const { pages, dearest } = await pagesOf(tasks, { status });
      expect(pages).toEqual([found[status]]);
      expect(dearest).toBeLessThan(10);
    },
  );

  it.each(['queued', 'running'] as const)('the tasks that are %s are found on some page', async (status) => {
    for (const filter of [{ status }, { status, type: taskSeed().type }]) {
      const { pages, dearest } = await pagesOf(tasks, filter);
      // On a busy machine a page may end by its time.
      expect(pages.length).toBeGreaterThanOrEqual(3);
      expect(pages.flat()).toEqual(found[status]);
      // The keys of twenty tasks take half a unit, and up to as many again are read in vain.
      expect(dearest).toBeLessThan(0.5 * (MAX_EXAMINED_TASKS + (2 * MAX_EXAMINED_TASKS) / 20 + 20));
    }
  });
});

it.each(OPEN)('a task that is %s is found where the version before has put it', async (status) => {
  const tasks = table();
  const id = tasks.add(status, NOW, 'open');
  for (const filter of [{}, { status }, { status, type: taskSeed().type }]) {
    expect((await pagesOf(tasks, filter)).pages).toEqual([[id]]);
  }
});
