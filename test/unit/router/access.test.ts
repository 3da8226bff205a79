import { describe, expect, it } from 'vitest';
import { OPEN_ROUTES, PREFLIGHT_ROUTE, ROUTES, type Scope } from '../../../functions/contract.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import { answer } from '../../../functions/router/router.ts';
import { apiEvent } from '../../doubles/api-event.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const SCOPES: readonly Scope[] = ['submit', 'read', 'operate', 'admin', 'platform'];
const exampleOf = (routeKey: string): string =>
  routeKey.replace('{id}', `${'0'.repeat(26)}-0`).replace('{type}', 'greet');
const secured = Object.entries(ROUTES).map(([routeKey, scope]) => ({ request: exampleOf(routeKey), scope }));

describe.each(secured)('$request', ({ request, scope }) => {
  const world = createWorld([greet]);

  it.each([
    ['null', null],
    ['empty', {}],
    ['without a tenant', { scopes: SCOPES.join(' ') }],
    ['of an impossible tenant', { tenantId: 'Acme#other', scopes: SCOPES.join(' ') }],
    ['of an empty tenant', { tenantId: '', scopes: SCOPES.join(' ') }],
  ])('is unauthenticated where the authorizer context is %s', async (_, caller) => {
    const answer = await callApi(world, request, { caller, body: 'not even JSON' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each([
    ['no scope', ''],
    ['all scopes but its own', SCOPES.filter((other) => other !== scope).join(' ')],
    ['a scope that only begins like its own', `${scope}s`],
    ['its scope in capitals', scope.toUpperCase()],
  ])('is missing_scope with %s', async (_, scopes) => {
    const answer = await callApi(world, request, { caller: { tenantId: 'acme', scopes }, body: 'not even JSON' });
    expect(answer).toMatchObject({
      status: 403,
      body: { code: 'missing_scope', detail: expect.stringContaining(scope) },
    });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it(`is let in by the scope ${scope}`, async () => {
    const { status } = await callApi(world, request, {
      caller: { tenantId: 'acme', scopes: `x ${scope}` },
      body: '{}',
    });
    expect([200, 400, 404]).toContain(status);
  });
});

it.each(OPEN_ROUTES)('%s asks for no key', async (request) => {
  expect(await callApi(createWorld(), request, { caller: null })).toMatchObject({ status: 200 });
});

it('a browser that asks before a page may call is answered, without a key', async () => {
  const event = { ...apiEvent('OPTIONS /api/tasks', { caller: null }), routeKey: PREFLIGHT_ROUTE };
  expect(await answer(event, createWorld([greet]).ports)).toMatchObject({ statusCode: 200, body: '{}' });
});

describe('a path that is none of ours', () => {
  const world = createWorld([greet]);

  it.each([
    'GET /api/',
    'GET /api/task',
    'POST /api/tasks/',
    'GET /api/tasks/a/b',
    'GET /api/openapixjson',
    'GET /api/..%2ftasks',
  ])('%s is not_found', async (request) => {
    const answer = await callApi(world, request);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(answer.headers).not.toHaveProperty('allow');
  });

  it('is unauthenticated without a key: it tells nobody what there is', async () => {
    expect(await callApi(world, 'GET /api/task', { caller: null })).toMatchObject({ status: 401 });
  });

  it.each([
    ['DELETE /api/tasks', 'POST, GET'],
    ['GET /api/tasks/x/cancel', 'POST'],
    ['PUT /api/definitions/greet', 'GET, PATCH'],
    [`PUT /api/tasks/${'0'.repeat(26)}-0`, 'GET, DELETE'],
    ['POST /api/definitions', 'GET'],
    ['POST /api/health', 'GET'],
    ['PATCH /api/openapi.json', 'GET'],
  ])('%s is method_not_allowed: only %s is', async (request, allowed) => {
    const answer = await callApi(world, request);
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.allow).toBe(allowed);
    expect(answer.body.detail).toMatch(new RegExp(`: use ${allowed.replaceAll(', ', ' or ')}$`));
  });
});

const ofOneTask = [
  'GET /api/tasks/{id}',
  'GET /api/tasks/{id}/subtasks',
  'GET /api/tasks/{id}/inputs',
  'GET /api/tasks/{id}/attempts',
  'GET /api/tasks/{id}/logs',
  'POST /api/tasks/{id}/cancel',
  'POST /api/tasks/{id}/retry',
];

describe.each(ofOneTask)('%s is not_found', (routeKey) => {
  const read = (id: string, setUp = createWorld()) => callApi(setUp, routeKey.replace('{id}', id));

  it.each([
    ['is unknown', `${'Z'.repeat(26)}-0`],
    ['has no table shard', '0'.repeat(26)],
    ['is too short', `${'0'.repeat(25)}-0`],
    ['is in lower case', `${'a'.repeat(26)}-0`],
    ['has letters that are not Crockford base 32', `${'I'.repeat(26)}-0`],
    ['holds the key of another row', `${'0'.repeat(26)}-0#x`],
    ['is a name of Object', '__proto__'],
    ['ends in a line break', `${'0'.repeat(26)}-0\n`],
  ])('where it %s', async (_, id) => {
    const answer = await read(id);
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found', detail: 'there is no such task' } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  it("where it is another tenant's, and says the same as where there is none", async () => {
    const world = createWorld();
    const seed = taskSeed();
    await world.ports.store.insert(newTask(seed));
    const request = routeKey.replace('{id}', seed.id);
    const theirs = await callApi(world, request, { caller: { tenantId: 'other', scopes: SCOPES.join(' ') } });
    expect(theirs).toEqual(await read(`${'Z'.repeat(26)}-0`));
    const task = await world.ports.store.get(seed.tenantId, seed.id, world.now);
    expect(task).toMatchObject({ id: seed.id, status: 'queued' });
  });

  it('where its retention is over', async () => {
    const world = createWorld();
    const { store } = world.ports;
    const lease = { token: 'lease' as never, expiresAt: world.now + 1000 };
    const claim = await store.claim(taskSeed(), lease, world.now);
    if (claim.result !== 'claimed') throw new Error(claim.result);
    await store.settle(claim.task, { status: 'succeeded', output: { inline: 1 }, finishedAt: world.now });
    expect((await read(claim.task.id, world)).status).not.toBe(404);
    world.advance(14 * 86_400 + 1);
    expect(await read(claim.task.id, world)).toMatchObject({ status: 404 });
  });
});
