import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { greet, hello, invoke, submit } from '../../../doubles/executor-world.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const KEY = 'default/normal/0';

/** Makes a line as an executor writes it about an attempt. */
const line = ({ id, type }: TaskSeed, at: number, event: string, more: object = {}) => ({
  task_id: id,
  task_type: type,
  attempt: 1,
  ...more,
  level: 'info',
  event,
  time: new Date(at).toISOString(),
});

/** Runs a task whose attempt has logged `count` lines, several of them in one millisecond. */
async function logged(count: number, perMillisecond = 1) {
  const world = createWorld([hello]);
  const seed = await submit(world);
  await invoke(world);
  for (let number = 0; number < count; number++) {
    const at = world.now + Math.floor(number / perMillisecond);
    world.ports.logs.add(KEY, at, line(seed, at, `line ${number}`));
  }
  world.advance(60);
  return { world, seed };
}

type Page = { readonly items: readonly Record<string, unknown>[]; readonly nextCursor: string | null };

async function pageOf(world: World, { id }: TaskSeed, query = ''): Promise<Page> {
  const { status, body } = await callApi(world, `GET /api/tasks/${id}/logs${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as Page;
}

/** Goes through all pages, and returns the messages. */
async function allOf(world: World, seed: TaskSeed, limit: number): Promise<unknown[]> {
  const messages: unknown[] = [];
  let cursor: string | null = '';
  for (let pages = 0; cursor !== null && pages < 200; pages++) {
    const query: string = `?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = await pageOf(world, seed, query);
    messages.push(...page.items.map(({ message }) => message));
    cursor = page.nextCursor;
  }
  return messages;
}

const numbered = (count: number) => Array.from({ length: count }, (_, number) => `line ${number}`);

describe('the log of a task', () => {
  it('has the lines about it, with what its handler said and what is of the task', async () => {
    const { world, seed } = await logged(0);
    const at = world.now - 60_000;
    world.ports.logs.add(KEY, at, line(seed, at, 'charged', { fields: { amount: 3, task_id: 'x' } }));
    const ended = {
      duration_ms: 4,
      error: 'handler_error',
      error_message: 'no',
      reason: 'arn:aws:sts::1:role',
      stack: 'at x',
    };
    world.ports.logs.add(KEY, at + 1, line(seed, at + 1, 'attempt failed', ended));
    const time = new Date(at).toISOString();
    expect((await pageOf(world, seed)).items).toEqual([
      { time, level: 'info', message: 'charged', attempt: 1, fields: { amount: 3, task_id: 'x' } },
      {
        time: new Date(at + 1).toISOString(),
        level: 'info',
        message: 'attempt failed',
        attempt: 1,
        fields: { duration_ms: 4, error: 'handler_error', error_message: 'no' },
      },
    ]);
  });

  it('has no line of another task, though that names this one, and none that no executor wrote', async () => {
    const { world, seed } = await logged(1);
    const at = world.now - 60_000;
    const other = taskSeed();
    world.ports.logs.add(KEY, at, line(other, at, `told of ${seed.id}`, { fields: { task_id: seed.id } }));
    world.ports.logs.add(KEY, at, `something with ${seed.id} in it`);
    world.ports.logs.add(KEY, at, {
      level: 'error',
      event: 'error nobody caught',
      time: new Date(at).toISOString(),
      in_hand: [{ task_id: seed.id }],
    });
    world.ports.logs.add(KEY, at, {
      ...line(seed, at, 'batch'),
      task_id: undefined,
      attempt: undefined,
      task_ids: [other.id, seed.id],
    });
    world.ports.logs.add('default/normal/1', at, line(seed, at, 'of another executor'));
    const messages = (await pageOf(world, seed)).items.map(({ message }) => message);
    expect(messages.toSorted()).toEqual(['batch', 'line 0']);
    expect((await pageOf(world, seed)).nextCursor).toBeNull();
  });

  it.each([1, 7, 100])('is paged by %i, each line once, however many are of one millisecond', async (limit) => {
    const { world, seed } = await logged(60, 17);
    expect(await allOf(world, seed, limit)).toEqual(numbered(60));
  });

  it.each([1, 7, 100])('is paged by %i where one answer looks through a part of it alone', async (limit) => {
    const { world, seed } = await logged(60, 17);
    world.ports.logs.mostLooked = 3;
    expect(await allOf(world, seed, limit)).toEqual(numbered(60));
  });

  it('is looked for while the attempts ran, and of one that was lost between those beside it', async () => {
    const failing = greet(async () => Promise.reject(new Error('no')));
    const world = createWorld([failing]);
    const seed = await submit(world, taskSeed({ maxAttempts: 3 }));
    const tell = (text: string) => world.ports.logs.add(KEY, world.now, line(seed, world.now, text));
    await invoke(world);
    tell('of the first');
    world.advance(200);
    tell('between them');
    world.advance(200);
    await world.ports.store.claim(seed, { token: 'gone' as never, expiresAt: world.now + 1_000 }, world.now);
    tell('of the lost one');
    world.advance(400);
    await invoke(world);
    tell('of the third');
    world.advance(1_000);
    tell('long after');
    expect((await pageOf(world, seed)).items.map(({ message }) => message)).toEqual([
      'of the first',
      'between them',
      'of the lost one',
      'of the third',
    ]);
  });

  it('goes on while the task runs', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    expect(await pageOf(world, seed)).toEqual({ items: [], nextCursor: null });
    await world.ports.store.claim(seed, { token: 'now' as never, expiresAt: world.now + 60_000 }, world.now);
    world.ports.logs.add(KEY, world.now, line(seed, world.now, 'one'));
    expect((await pageOf(world, seed)).items).toHaveLength(1);
    world.advance(5);
    world.ports.logs.add(KEY, world.now, line(seed, world.now, 'two'));
    expect((await pageOf(world, seed)).items).toHaveLength(2);
  });

  it('ends a page early, with a cursor, where the time is over or no more calls are taken', async () => {
    const { world, seed } = await logged(60);
    world.ports.logs.mostLooked = 2;
    const { items, nextCursor } = await pageOf(world, seed, '?limit=100');
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThan(60);
    expect(nextCursor).not.toBeNull();
    expect(await allOf(world, seed, 100)).toEqual(numbered(60));
  });

  it('says when to ask again where it is asked for too often', async () => {
    const { world, seed } = await logged(3);
    world.ports.logs.refusals = 1;
    const { status, headers, body } = await callApi(world, `GET /api/tasks/${seed.id}/logs`);
    expect([status, headers['retry-after'], body.code]).toEqual([503, '2', 'unavailable']);
    expect((await pageOf(world, seed)).items).toHaveLength(3);
  });

  const forged = [Date.UTC(2026, 0, 1), 0, Date.UTC(2026, 0, 2), 'forged'];
  it.each([
    'nonsense',
    'W10',
    ...[forged, [-1, 0]].map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
  ])('refuses the cursor %s', async (cursor) => {
    const { world, seed } = await logged(1);
    const { status, body } = await callApi(world, `GET /api/tasks/${seed.id}/logs?cursor=${cursor}`);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  });

  it("is nobody's of another tenant, and for those who may operate", async () => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ tenantId: tenant('umbrella') }));
    expect((await callApi(world, `GET /api/tasks/${seed.id}/logs`)).status).toBe(404);
    const own = await submit(world);
    const { status } = await callApi(world, `GET /api/tasks/${own.id}/logs`, {
      caller: { tenantId: 'acme', scopes: 'read' },
    });
    expect(status).toBe(403);
  });
});
