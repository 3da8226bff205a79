import { beforeEach, describe, expect, test } from 'vitest';
import { ROUTES, type RouteKey } from '../../../../functions/contract.ts';
import { isAudited } from '../../../../functions/router/audit/audited.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const KEY = { tenantId: 'acme', scopes: 'submit read operate admin platform', keyId: '3f1c9a7e5d20' };

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});

const call = (request: string, options: Parameters<typeof callApi>[2] = {}) =>
  callApi(world, request, { caller: KEY, ...options });
const submitted = async (): Promise<string> =>
  String((await call('POST /api/tasks', { body: { type: 'greet', input: { name: 'Ada' } } })).body.id);
/** A moment later, since a list has what was before now. */
const acts = async (query = '', caller: Record<string, string> = KEY) => {
  world.advance(0.001);
  return (await callApi(world, `GET /api/audit${query}`, { caller })).body.items as Record<string, unknown>[];
};

describe('what operators and administrators do', () => {
  test('is recorded with who did it, to what, and how it ended', async () => {
    const id = await submitted();
    await call(`POST /api/tasks/${id}/cancel`);
    world.advance(1);
    await call(`POST /api/tasks/${id}/cancel`);
    expect(await acts()).toEqual([
      {
        time: '2026-01-01T00:00:01.000Z',
        actor: { kind: 'key', id: KEY.keyId },
        action: 'cancelTask',
        resource: `tasks/${id}`,
        outcome: 409,
        requestId: expect.any(String),
      },
      expect.objectContaining({ action: 'cancelTask', outcome: 202 }),
    ]);
  });

  test('names what a call has made, and what touches all tenants', async () => {
    const { body } = await call('POST /api/webhooks', { body: { url: 'https://hooks.example/' } });
    world.advance(1);
    await call('PATCH /api/definitions/greet', { body: { paused: true } });
    expect(await acts()).toMatchObject([
      { action: 'changeDefinition', resource: 'definitions/greet', outcome: 200 },
      { action: 'createWebhook', resource: `webhooks/${body.id}`, outcome: 201 },
    ]);
  });

  test('is no act where it only asks what would be done', async () => {
    const body = { action: 'cancel', filter: { status: 'queued' } };
    expect((await call('POST /api/bulk-actions', { body: { ...body, dryRun: true } })).status).toBe(200);
    expect(await acts()).toEqual([]);
    await call('POST /api/bulk-actions', { body });
    expect(await acts()).toMatchObject([{ action: 'createBulkAction', outcome: 202 }]);
  });

  test('is recorded for each route that changes something with these scopes, and for no other', () => {
    const audited = (Object.keys(ROUTES) as RouteKey[]).filter(isAudited);
    for (const key of audited) expect(['operate', 'admin', 'platform']).toContain(ROUTES[key]);
    expect(audited.filter((key) => key.startsWith('GET '))).toEqual([]);
    expect(audited).toEqual(
      expect.arrayContaining(['DELETE /api/tasks/{id}', 'DELETE /api/keys/{id}', 'PATCH /api/definitions/{type}']),
    );
    expect(audited).not.toContain('POST /api/tasks');
  });

  test('is not what was refused for want of the scope, or only read or submitted', async () => {
    const id = await submitted();
    await callApi(world, `POST /api/tasks/${id}/cancel`, { caller: { ...KEY, scopes: 'submit read' } });
    await call(`GET /api/tasks/${id}`);
    expect(await acts()).toEqual([]);
  });

  test('is recorded by the subject of a token, where callers come with tokens', async () => {
    Object.assign(world.ports, { tenantClaim: 'tenant' });
    const claims = { tenant: 'acme', scope: 'operate admin', sub: 'ada@example.com' };
    await callApi(world, 'POST /api/lanes/default-normal-0/redrive', { claims });
    world.advance(1);
    await callApi(world, 'POST /api/lanes/default-normal-0/redrive', { claims: { ...claims, sub: undefined } });
    world.advance(1);
    const { body } = await callApi(world, 'GET /api/audit', { claims });
    expect(body.items).toMatchObject([
      { actor: { kind: 'token', id: 'unknown' } },
      {
        actor: { kind: 'token', id: 'ada@example.com' },
        action: 'redriveLane',
        resource: 'lanes/default-normal-0',
      },
    ]);
  });

  test('has no name of a key whose id an authorizer of before did not tell', async () => {
    const id = await submitted();
    await callApi(world, `POST /api/tasks/${id}/cancel`, { caller: { tenantId: 'acme', scopes: 'operate' } });
    expect(await acts()).toMatchObject([{ actor: { kind: 'key', id: 'unknown' } }]);
  });

  test('stays done where it cannot be recorded: that is in the log, and counted', async () => {
    const id = await submitted();
    world.ports.audit.record = () => Promise.reject(new Error('ThrottlingException'));
    expect((await call(`POST /api/tasks/${id}/cancel`)).status).toBe(202);
    expect(world.recorded).toContainEqual({ of: 'router', metric: 'actsLost', value: 1 });
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        event: 'act not recorded',
        tenant: 'acme',
        action: 'cancelTask',
        resource: `tasks/${id}`,
        outcome: 202,
      }),
    );
  });

  test('that fails on our side is recorded as that', async () => {
    const id = await submitted();
    world.ports.store.cancel = () => Promise.reject(new Error('ThrottlingException'));
    expect((await call(`POST /api/tasks/${id}/cancel`)).status).toBe(503);
    expect(await acts()).toMatchObject([{ outcome: 503 }]);
  });

  test('is in the log of requests with the id of the key, and never the key', async () => {
    await call('GET /api/lanes', { headers: { authorization: 'Bearer mr_secret' } });
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'request', key_id: KEY.keyId }));
    expect(JSON.stringify(world.logged)).not.toContain('mr_secret');
  });
});

describe('GET /api/audit', () => {
  test('pages through what a key or a call did', async () => {
    const id = await submitted();
    for (let times = 0; times < 3; times++) {
      await call(`POST /api/tasks/${id}/cancel`);
      world.advance(1);
    }
    await callApi(world, `POST /api/tasks/${id}/retry`, { caller: { ...KEY, keyId: 'bbbbbbbbbbbb' } });
    expect(await acts('?actor=bbbbbbbbbbbb')).toMatchObject([{ action: 'retryTask' }]);
    expect(await acts('?action=cancelTask')).toHaveLength(3);
    const { body: first } = await call('GET /api/audit?limit=3');
    expect(first.items).toHaveLength(3);
    const { body: second } = await call(`GET /api/audit?limit=3&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ items: [{ action: 'cancelTask', outcome: 202 }], nextCursor: null });
  });

  test('shows a tenant its own, and takes the scope admin', async () => {
    const id = await submitted();
    await call(`POST /api/tasks/${id}/cancel`);
    expect(await acts('', { ...KEY, tenantId: 'stranger' })).toEqual([]);
    expect(
      await callApi(world, 'GET /api/audit', { caller: { ...KEY, scopes: 'read operate platform' } }),
    ).toMatchObject({
      status: 403,
    });
  });

  test.each([
    'from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'cursor=bogus',
    `cursor=${Buffer.from('2026-13-32T00:00:00.000Z~').toString('base64url')}`,
    'limit=0',
    'from=now',
    'who=me',
  ])('refuses ?%s', async (query) => {
    expect(await call(`GET /api/audit?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});
