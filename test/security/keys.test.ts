import { describe, expect, it } from 'vitest';
import { authorize } from '../../functions/authorizer/authorize.ts';
import { accessKeyId, hashAccessKey, newAccessKey } from '../../functions/core/tenant/access-key.ts';
import { callerOf } from '../../functions/router/http/caller.ts';
import { aKey } from '../doubles/keys.ts';
import { greet } from '../doubles/task-definitions.ts';
import { tenant } from '../doubles/task-seed.ts';
import { createWorld } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

const KEY = newAccessKey(new Uint8Array(32).fill(7));
const find = async (keyHash: string) =>
  keyHash === hashAccessKey(KEY)
    ? { tenantId: tenant('acme'), scopes: ['read' as const], name: 'acme', createdAt: 0 }
    : undefined;

describe('a key', () => {
  it('is known as it is', async () => {
    const keyId = accessKeyId(hashAccessKey(KEY));
    expect(await authorize(`Bearer ${KEY}`, { find })).toEqual({ tenantId: 'acme', scopes: 'read', keyId });
  });

  it.each([
    ['truncated', `Bearer ${KEY.slice(0, -1)}`],
    ['longer', `Bearer ${KEY}x`],
    ['in lower case', `Bearer ${KEY.toLowerCase()}`],
    ['of another scheme', `Basic ${KEY}`],
    ['behind a tab', `Bearer\t${KEY}`],
    ['twice', `Bearer ${KEY}, Bearer ${KEY}`],
    ['of 9 KB', `Bearer ${KEY}${'x'.repeat(9_000)}`],
    ['that is its hash', `Bearer ${hashAccessKey(KEY)}`],
  ])('is not known %s', async (_, header) => {
    expect(await authorize(header, { find })).toEqual({});
  });

  it('is listed without what it could be found by, and revoked, with the scope admin alone', async () => {
    const world = createWorld();
    const [key, stranger] = [await aKey(world), await aKey(world, { tenantId: 'beta' })];
    const list = (scopes: string) => callApi(world, 'GET /api/keys', { caller: { tenantId: 'acme', scopes } });
    expect(await list('submit read operate platform')).toMatchObject({ status: 403 });
    const { body } = await list('admin');
    expect(body).toMatchObject({ items: [{ id: key.id }] });
    for (const { keyHash } of [key, stranger]) expect(JSON.stringify(body)).not.toContain(keyHash.slice(0, 13));
    const revoke = (id: string, scopes: string) =>
      callApi(world, `DELETE /api/keys/${id}`, { caller: { tenantId: 'acme', scopes } });
    expect(await revoke(key.id, 'submit read operate platform')).toMatchObject({ status: 403 });
    for (const id of [stranger.id, key.keyHash, key.id.toUpperCase(), '__proto__', `${key.id}%00`, '%00']) {
      expect([id, (await revoke(id, 'admin')).status]).toEqual([id, 404]);
    }
    expect(world.ports.access.grants.size).toBe(2);
    expect(await revoke(key.id, 'admin')).toMatchObject({ status: 200 });
  });

  it('is in no log line of a request, and neither is what was sent', async () => {
    const world = createWorld([greet]);
    const headers = { authorization: `Bearer ${KEY}` };
    await callApi(world, 'POST /api/tasks', { headers, body: { type: 'greet', input: { name: 'a-canary' } } });
    await callApi(world, 'POST /api/tasks', { headers, body: { type: 'greet', input: { name: 1, 'a-canary': 2 } } });
    expect(world.logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(world.logged)).not.toMatch(/mr_|a-canary|[Bb]earer/);
  });
});

describe('a token', () => {
  const jwt = { tenantClaim: 'tenant', tenantLimits: {} };
  const of = (claims: Record<string, unknown>) => callerOf({ jwt: { claims } }, jwt);

  it.each([
    ['a key of a row', 'acme#x'],
    ['a path', 'acme/..'],
    ['a line', 'acme\n'],
    ['a list', ['acme']],
    ['capitals', 'Acme'],
    ['letters that look alike', 'аcme'],
    ['nothing', undefined],
  ])('names no tenant by %s', (_, claim) => {
    expect(() => of({ tenant: claim, scope: 'read' })).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  it.each(['[submit platform]', 'PLATFORM', ['platform'], 'submit,platform', 'platform\n', 7])(
    'grants nothing by the scope %j',
    (scope) => {
      expect(of({ tenant: 'acme', scope }).scopes).toEqual([]);
    },
  );

  it('that says who somebody is lets him do nothing', () => {
    expect(() => of({ tenant: 'acme', scope: 'read', token_use: 'id' })).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });
});
