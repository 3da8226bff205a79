import { describe, expect, it } from 'vitest';
import { n, type Row, s } from '../../../../functions/adapters/dynamo/requests/row.ts';
import { rowKey, seedAttributes, statusGroupOf } from '../../../../functions/adapters/dynamo/task-row.ts';
import { DynamoTaskStore } from '../../../../functions/adapters/dynamo/task-store.ts';
import { NO_LAG } from '../../../../functions/adapters/memory/lagging-index.ts';
import { subtaskIdOf, taskIdOf } from '../../../../functions/core/task/ids.ts';
import type { Task, TaskSeed } from '../../../../functions/core/task/task.ts';
import type { TaskFilter } from '../../../../functions/core/task/task-list.ts';
import { chance } from '../../../doubles/chance.ts';
import { indexedClient } from '../../../doubles/indexed-client.ts';
import { lagOf } from '../../../doubles/lag-of.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 2);
const TABLES = ['tasks-0', 'tasks-1'];

/** Makes tasks over two tables, each of a workflow and an assignee, none of which has begun. */
function movingTasks(seed: number, lag = lagOf(seed, { share: 1, reads: 4 })) {
  const { client, put } = indexedClient({ lag });
  const store = new DynamoTaskStore(client, { tableNames: TABLES, indexShards: 2, retentionDays: 14 }, () => {});
  const seeds = Array.from({ length: 200 }, (_, number) =>
    taskSeed({
      id: taskIdOf(`${seed}`.padStart(6, '0') + `${number}`.padStart(20, '0'), number % TABLES.length),
      createdAt: Date.UTC(2026, 0, 1) + Math.floor(number / 3),
      assignee: { type: 'user', id: 'ada' },
      workflowInstanceId: 'wf-1',
    }),
  );
  const move = (one: TaskSeed, status: Task['status']): void => {
    const isOver = status === 'succeeded' || status === 'failed';
    const row: Row = {
      ...rowKey(one.tenantId, one.id),
      ...seedAttributes(one, 2),
      status: s(status),
      statusGroup: s(statusGroupOf(status)),
      attempt: n(1),
      startedAt: n(NOW),
      ...(isOver ? { finishedAt: n(NOW), output: s('1') } : {}),
      ...(status === 'failed' ? { errorCode: s('boom'), errorMessage: s('boom'), errorRetryable: { BOOL: true } } : {}),
    };
    put(TABLES[Number(one.id.at(-1))] ?? '', row);
  };
  for (const one of seeds) move(one, 'queued');
  return { client, store, seeds, move };
}

const filters: [TaskFilter, boolean][] = [
  [{}, true],
  [{ status: 'queued' }, true],
  [{ type: 'greet' }, false],
  [{ type: 'greet', status: 'queued' }, true],
  [{ assignee: { type: 'user', id: 'ada' } }, false],
  [{ workflowInstanceId: 'wf-1' }, false],
];

describe.each(filters)('a list of %j while tasks end and are retried, with indexes that lag', (filter, mayMiss) => {
  it.each([1, 2, 3, 4, 5])('answers, and shows none twice and all that stay as they are (%i)', async (seed) => {
    const { store, seeds, client, move } = movingTasks(seed);
    const { below, pick } = chance(seed);
    const moving = seeds.filter((_, number) => number % 2 === 1);
    // By then the indexes have all that there is.
    for (let reads = 0; reads < 5; reads++) await store.list({ tenantId: taskSeed().tenantId, filter, limit: 1 }, NOW);
    // Tasks move between the queries of one page, too.
    const send = client.send.bind(client) as (command: object) => Promise<object>;
    Object.assign(client, {
      send: (command: object) => {
        for (let moves = below(4); moves > 0; moves--) move(pick(moving), pick(['succeeded', 'failed', 'queued']));
        return send(command);
      },
    });
    const ids: string[] = [];
    let after: Parameters<typeof store.list>[0]['after'];
    do {
      const page = await store.list({ tenantId: taskSeed().tenantId, filter, limit: 7, after }, NOW);
      ids.push(...page.tasks.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    const staying = seeds.filter((one) => !moving.includes(one)).map(({ id }) => id as string);
    expect(staying.filter((id) => !ids.includes(id))).toEqual([]);
    // What moves between groups may be in none for a moment; no other index moves.
    if (!mayMiss) expect(ids).toHaveLength(seeds.length);
  });
});

it('a task that is asked for twice by its id is read once', async () => {
  const { store, seeds } = movingTasks(9, NO_LAG);
  const [one] = seeds;
  if (one === undefined) throw new Error('there are tasks');
  const unknown = subtaskIdOf(one.tenantId, one.id, 1, 0);
  const many = [...seeds, ...seeds, one].map(({ id }) => id);
  expect(await store.getAll(one.tenantId, [...many, unknown, unknown], NOW)).toHaveLength(seeds.length);
});
