import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../functions/contract.ts';
import { newTask } from '../../functions/core/task/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { aKey } from '../doubles/keys.ts';
import { echo, greet } from '../doubles/task-definitions.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { createWorld, type World } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

const CANARY = 'canary-of-alpha';
const ALL = 'submit read operate admin platform';
const as = (tenantId: string, scopes = ALL) => ({ caller: { tenantId, scopes } });
const keyed = { headers: { 'idempotency-key': 'order-1' } };
const secret = {
  type: 'echo',
  input: { secret: CANARY },
  assignee: { type: 'user', id: CANARY },
  workflowInstanceId: CANARY,
};

let world: World;
let ids: { readonly done: string; readonly open: string };
let cursor: string;
beforeAll(async () => {
  world = createWorld([greet, echo]);
  const submit = async (more: object = {}) =>
    String((await callApi(world, 'POST /api/tasks', { body: secret, ...as('alpha'), ...more })).body.id);
  const done = await submit(keyed);
  await handleBatch(world.queue.deliver(), 900, world.ports);
  world.advance(1);
  ids = { done, open: await submit() };
  cursor = String((await callApi(world, 'GET /api/tasks?limit=1', as('alpha'))).body.nextCursor);
  expect(cursor).not.toBe('null');
  await aKey(world, { tenantId: 'alpha', name: CANARY });
});

/** A route with a task's id says this to a stranger, beside the id that he asked for. */
const ofOneTask = Object.keys(ROUTES).filter((key) => key.includes('/tasks/{id}'));
const ofOneSchedule = Object.keys(ROUTES).filter((key) => key.includes('/schedules/{id}'));
const ofOneBulkAction = Object.keys(ROUTES).filter((key) => key.includes('/bulk-actions/{id}'));
const ofOneWebhook = Object.keys(ROUTES).filter((key) => key.includes('/webhooks/{id}'));

describe('the id of another tenant', () => {
  it.each(ofOneTask)('is not there: %s', async (routeKey) => {
    for (const id of Object.values(ids)) {
      const answer = await callApi(world, routeKey.replace('{id}', id), as('beta'));
      expect(answer).toMatchObject({ status: 404, body: { detail: 'there is no such task' } });
    }
    expect(await callApi(world, `GET /api/tasks/${ids.open}`, as('alpha'))).toMatchObject({
      body: { status: 'queued' },
    });
  });

  it.each(ofOneSchedule)('is not there: %s', async (routeKey) => {
    const body = { type: 'echo', input: { secret: CANARY }, rateMinutes: 1 };
    const { id } = (await callApi(world, 'POST /api/schedules', { body, ...as('alpha') })).body;
    const answer = await callApi(world, routeKey.replace('{id}', String(id)), {
      body: { rateMinutes: 2 },
      ...as('beta'),
    });
    expect(answer).toMatchObject({ status: 404, body: { detail: 'there is no such schedule' } });
    expect(JSON.stringify(await callApi(world, 'GET /api/schedules', as('beta')))).not.toContain(CANARY);
    expect(await callApi(world, `GET /api/schedules/${id}`, as('alpha'))).toMatchObject({ body: { rateMinutes: 1 } });
  });

  it.each(ofOneWebhook)('is not there: %s', async (routeKey) => {
    const body = { url: `https://${CANARY}.example/` };
    const { id } = (await callApi(world, 'POST /api/webhooks', { body, ...as('alpha') })).body;
    const answer = await callApi(world, routeKey.replace('{id}', String(id)), as('beta'));
    expect(answer).toMatchObject({ status: 404, body: { detail: 'there is no such webhook' } });
    expect((await callApi(world, 'GET /api/webhooks', as('beta'))).body).toEqual({ items: [] });
    expect(await callApi(world, `GET /api/webhooks/${id}`, as('alpha'))).toMatchObject({ body: { paused: false } });
  });

  it.each(ofOneBulkAction)('is not there: %s', async (routeKey) => {
    const body = { action: 'retry', filter: { type: CANARY } };
    const { id } = (await callApi(world, 'POST /api/bulk-actions', { body, ...as('alpha') })).body;
    const answer = await callApi(world, routeKey.replace('{id}', String(id)), as('beta'));
    expect(answer).toMatchObject({ status: 404, body: { detail: 'there is no such bulk action' } });
    expect((await callApi(world, 'GET /api/bulk-actions', as('beta'))).body).toEqual({ items: [], nextCursor: null });
    expect(await callApi(world, `GET /api/bulk-actions/${id}`, as('alpha'))).toMatchObject({
      body: { status: 'running' },
    });
  });

  const spelt: [string, (id: string) => string][] = [
    ['with a tenant before it', (id) => `alpha%23${id}`],
    ['with a tenant before it, decoded', (id) => `alpha#${id}`],
    ['with a tenant behind it', (id) => `${id}#alpha`],
    ['as a path', (id) => `..%2ftasks%2f${id}`],
    ['with U+0000', (id) => `${id}%00`],
    ['with a line break', (id) => `${id}%0a`],
    ['in lower case', (id) => id.toLowerCase()],
    ['on another shard', (id) => id.replace(/-0$/, '-999')],
    ['on a shard spelt otherwise', (id) => id.replace(/-0$/, '-00')],
    ['with 5,000 characters', (id) => id + '0'.repeat(5_000)],
  ];
  it.each(spelt)('is not there %s', async (_, spell) => {
    for (const id of Object.values(ids)) {
      const answer = await callApi(world, `GET /api/tasks/${spell(id)}`, as('beta'));
      expect(answer.status).toBe(404);
      expect(JSON.stringify(answer.body)).not.toContain(CANARY);
    }
  });
});

describe('nothing of a tenant is told to another', () => {
  const reads = Object.keys(ROUTES)
    .filter((key) => key.startsWith('GET') && !key.includes('{id}'))
    .map((key) => key.replace('{type}', 'echo').replace('{name}', 'memory-intensive-low-0'));
  const filters = [
    'status=queued',
    'status=succeeded',
    'type=echo',
    `assigneeType=user&assigneeId=${CANARY}`,
    `workflowInstanceId=${CANARY}`,
  ];

  it.each([...reads, ...filters.map((filter) => `GET /api/tasks?${filter}`)])('by %s', async (request) => {
    const own = JSON.stringify((await callApi(world, request, as('alpha'))).body);
    const foreign = await callApi(world, request, as('beta'));
    expect(foreign.status).toBe(200);
    const text = JSON.stringify(foreign.body);
    for (const known of [CANARY, 'alpha', ...Object.values(ids)]) expect(text).not.toContain(known);
    if (request.includes('?')) expect(own).toContain(CANARY);
  });

  it.each(['', 'status=queued&', 'type=echo&'])('by its cursor with the filter "%s"', async (filter) => {
    const foreign = await callApi(world, `GET /api/tasks?${filter}cursor=${cursor}`, as('beta'));
    expect(foreign).toMatchObject({ status: 400, body: { errors: [{ field: 'cursor' }] } });
  });

  it.each(['e30', 'null', 'W10', 'AAAA', '%00', '../../etc'])('by the forged cursor %s', async (forged) => {
    expect((await callApi(world, `GET /api/tasks?cursor=${forged}`, as('beta'))).status).toBe(400);
  });

  it('by its Idempotency-Key: the same key of two tenants is two tasks', async () => {
    const { body } = await callApi(world, 'POST /api/tasks', { body: secret, ...keyed, ...as('beta') });
    expect(body).toMatchObject({ tenantId: 'beta', status: 'queued' });
    expect(Object.values(ids)).not.toContain(body.id);
  });

  it('by names that only join alike', async () => {
    const submit = (assignee: object) =>
      callApi(world, 'POST /api/tasks', { body: { ...secret, workflowInstanceId: 'w', assignee }, ...as('gamma') });
    await submit({ type: 'a#b', id: 'c' });
    const { body } = await callApi(world, 'GET /api/tasks?assigneeType=a&assigneeId=b%23c', as('gamma'));
    expect(body.items).toEqual([]);
  });
});

describe('a tenant is nothing that a caller can name', () => {
  it.each([
    ['query', '?tenantId=alpha', {}],
    ['repeated query', '?limit=1&limit=2', {}],
    ['header', '', { 'x-tenant-id': 'alpha', tenantid: 'alpha' }],
    ['method override', '', { 'x-http-method-override': 'DELETE' }],
  ])('in a %s', async (_, query, headers) => {
    const { status, body } = await callApi(world, `GET /api/tasks${query}`, { headers, ...as('delta') });
    expect(status).toBe(query === '' ? 200 : 400);
    if (status === 200) expect(body.items).toEqual([]);
  });

  it.each(['tenantId', 'id', 'status', 'executorKey', 'parent', '__proto__', 'constructor'])(
    'in the field %s',
    async (field) => {
      const body = `{"type":"echo","input":1,${JSON.stringify(field)}:"alpha"}`;
      expect((await callApi(world, 'POST /api/tasks', { body, ...as('delta') })).status).toBe(400);
    },
  );

  it.each(['a#b', 'Acme', '../x', 'x'.repeat(64), 'аcme', 'acme\n', '', ' acme'])('as %j', async (tenantId) => {
    expect((await callApi(world, 'GET /api/tasks', as(tenantId))).status).toBe(401);
  });
});

it('statistics count the own tasks alone', async () => {
  const seed = taskSeed();
  await world.ports.store.insert(newTask(seed));
  const { body } = await callApi(world, 'GET /api/stats', as('beta'));
  expect(body.total).toMatchObject({ accepted: 0, started: 0 });
});
