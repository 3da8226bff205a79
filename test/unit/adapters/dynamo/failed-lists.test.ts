import { describe, expect, it } from 'vitest';
import { n, type Row, s } from '../../../../functions/adapters/dynamo/requests/row.ts';
import { rowOfNew, statusGroupOf } from '../../../../functions/adapters/dynamo/task-row.ts';
import { DynamoTaskStore } from '../../../../functions/adapters/dynamo/task-store.ts';
import { newTask, type TaskStatus } from '../../../../functions/core/task/task.ts';
import {
  MAX_COUNTED_TASKS,
  MAX_EXAMINED_FOR_COUNT,
  type TaskFilter,
} from '../../../../functions/core/task/task-list.ts';
import { indexedClient } from '../../../doubles/indexed-client.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 2);
const OPTIONS = { tableNames: ['tasks-0'], indexShards: 4, retentionDays: 14 };
const { tenantId } = taskSeed();

type Kind = { readonly type: string; readonly code?: string; readonly createdAt: number; readonly status?: TaskStatus };

/** Makes a table into which tasks are put that have failed with a code, or are as `status` says. */
function table() {
  const { client, put, spent } = indexedClient();
  const ids = new Map<Kind, string>();
  const add = (kind: Kind): void => {
    const { type, code, createdAt, status = code === undefined ? 'succeeded' : 'failed' } = kind;
    const seed = taskSeed({ type, createdAt });
    const error: Row =
      code === undefined ? {} : { errorCode: s(code), errorMessage: s('no'), errorRetryable: { BOOL: false } };
    put('tasks-0', {
      ...rowOfNew(newTask(seed), undefined, OPTIONS.indexShards),
      ...error,
      status: s(status),
      statusGroup: s(statusGroupOf(status)),
      startedAt: n(createdAt),
      finishedAt: n(createdAt),
    });
    ids.set(kind, seed.id);
  };
  return { add, ids, spent, store: new DynamoTaskStore(client, OPTIONS, () => {}) };
}

type Table = ReturnType<typeof table>;

/** Reads every page of a list; returns what they have, and the most read units that one has cost. */
async function pagesOf({ store, spent }: Table, filter: TaskFilter) {
  const found: string[] = [];
  let dearest = 0;
  let after: Parameters<typeof store.list>[0]['after'];
  do {
    spent();
    const page = await store.list({ tenantId, filter, limit: 25, after }, NOW);
    dearest = Math.max(dearest, spent());
    found.push(...page.tasks.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  return { found, dearest };
}

const CODES = ['timeout', 'card_declined', 'http_502'];

/** One type fails after the other, so that no list by status could find the older ones among the next few thousand. */
function failing(count: number): Table {
  const tasks = table();
  for (let age = 0; age < 10 * count; age++) {
    const isFailed = age % 10 === 0;
    const type = ['report', 'mail', 'import'][Math.floor(age / (3.34 * count))] ?? 'import';
    // Of every type few are declined, and these are the oldest.
    const code = age % (3.34 * count) > 3 * count ? CODES[1] : CODES[age % 20 === 0 ? 0 : 2];
    tasks.add({ type, createdAt: NOW - 1000 * age, ...(isFailed && code !== undefined ? { code } : {}) });
  }
  return tasks;
}

describe('2,000 failed tasks of three types among 20,000', () => {
  const tasks = failing(2_000);
  const [from, to] = [NOW - 12_000_000, NOW - 7_000_000];

  it.each<TaskFilter>([
    { status: 'failed', type: 'import' },
    { status: 'failed', type: 'mail', createdFrom: from, createdTo: to },
    { errorCode: 'card_declined' },
    { errorCode: 'timeout', createdTo: to },
    { errorCode: 'card_declined', type: 'import' },
    { errorCode: 'http_502', type: 'report', status: 'failed', createdFrom: from },
    { status: 'failed', createdFrom: from, createdTo: to },
    { type: 'import', createdFrom: NOW - 19_999_000 },
    { errorCode: 'none' },
  ])('by %j are found, the newest first, each page for what it has', async (filter) => {
    const expected = [...tasks.ids]
      .filter(([{ code }]) => (filter.status === undefined && filter.errorCode === undefined) || code !== undefined)
      .filter(([{ code }]) => filter.errorCode === undefined || code === filter.errorCode)
      .filter(([{ type }]) => filter.type === undefined || type === filter.type)
      .filter(([{ createdAt }]) => createdAt >= (filter.createdFrom ?? 0) && createdAt < (filter.createdTo ?? NOW + 1))
      .map(([, id]) => id);
    const { found, dearest } = await pagesOf(tasks, filter);
    expect(found).toEqual(expected);
    // Half a unit for each row, and in each shard for each of three kinds: a step, and keys that are asked for at most twice.
    expect(dearest).toBeLessThanOrEqual(26 * 0.5 + OPTIONS.indexShards * 0.5 * (4 + 2 * 3));
    expect(await tasks.store.count({ tenantId, filter }, NOW)).toMatchObject({ total: found.length, isExact: true });
  });
});

it('tasks that have failed in more ways than there are lists for are found all the same', async () => {
  const tasks = table();
  for (let age = 0; age < 120; age++) tasks.add({ type: 'odd', code: `code-${age}`, createdAt: NOW - age });
  expect((await pagesOf(tasks, { status: 'failed', type: 'odd' })).found).toEqual([...tasks.ids.values()]);
  const types = table();
  for (let age = 0; age < 120; age++) types.add({ type: `type-${age}`, code: 'boom', createdAt: NOW - age });
  expect((await pagesOf(types, { errorCode: 'boom' })).found).toEqual([...types.ids.values()]);
});

describe('a count', () => {
  it(`is exact up to ${MAX_COUNTED_TASKS} tasks, and says of more that there are so many at least`, async () => {
    const tasks = table();
    for (let age = 0; age < MAX_COUNTED_TASKS; age++) tasks.add({ type: 'a', code: 'boom', createdAt: NOW - age });
    const count = () => tasks.store.count({ tenantId, filter: { status: 'failed' } }, NOW);
    expect(await count()).toMatchObject({ total: MAX_COUNTED_TASKS, isExact: true });
    tasks.add({ type: 'a', code: 'boom', createdAt: NOW + 1 });
    const more = await count();
    expect(more).toMatchObject({ total: MAX_COUNTED_TASKS, byStatus: { failed: MAX_COUNTED_TASKS }, isExact: false });
  });

  it('reads no more than it is to, however few fit', async () => {
    const tasks = table();
    const all = MAX_EXAMINED_FOR_COUNT + 2_000;
    for (let age = 0; age < all; age++) {
      tasks.add({ type: 'a', createdAt: NOW - age, status: age % 1_000 === 0 ? 'cancelled' : 'succeeded' });
    }
    tasks.spent();
    const filter = { status: 'succeeded', createdTo: NOW - 5 } as const;
    expect(await tasks.store.count({ tenantId, filter }, NOW)).toMatchObject({ total: 10_000, isExact: false });
    expect(tasks.spent()).toBeLessThan((MAX_COUNTED_TASKS + 2_000) * 0.6);
    expect(await tasks.store.count({ tenantId, filter: { status: 'queued' } }, NOW)).toEqual({
      total: 0,
      byStatus: expect.objectContaining({ queued: 0 }),
      isExact: false,
    });
    expect(tasks.spent()).toBeLessThan((MAX_EXAMINED_FOR_COUNT + 2_000) * 0.6);
  });
});
