import { describe, expect, it } from 'vitest';
import { aKey } from '../../../doubles/keys.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

type Listed = { readonly id: string; readonly isCaller: boolean };

describe('GET /api/keys', () => {
  it('tells of each key of the tenant what it may do, and which one asks', async () => {
    const world = createWorld();
    const first = await aKey(world, { name: 'deploy', scopes: ['read', 'submit'], limits: { ratePerSecond: 5 } });
    world.advance(1);
    const second = await aKey(world, { scopes: ['admin'] });
    await aKey(world, { tenantId: 'beta' });
    const { status, body } = await callApi(world, 'GET /api/keys', { caller: second.caller });
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        {
          id: first.id,
          tenantId: 'acme',
          name: 'deploy',
          scopes: ['submit', 'read'],
          ratePerSecond: 5,
          createdAt: '2026-01-01T00:00:00.000Z',
          isCaller: false,
        },
        {
          id: second.id,
          tenantId: 'acme',
          name: 'ci',
          scopes: ['admin'],
          createdAt: '2026-01-01T00:00:01.000Z',
          isCaller: true,
        },
      ],
      nextCursor: null,
    });
    for (const { keyHash } of [first, second]) expect(JSON.stringify(body)).not.toContain(keyHash);
  });

  it('goes through any number of them, page by page, those of one moment too', async () => {
    const world = createWorld();
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) {
      ids.push((await aKey(world)).id);
      if (count === 5) world.advance(1);
    }
    const listed: Listed[] = [];
    let cursor: unknown;
    for (let page = 0; page < 4 && cursor !== null; page++) {
      const { body } = await callApi(world, `GET /api/keys?limit=3${page === 0 ? '' : `&cursor=${cursor}`}`);
      listed.push(...(body.items as Listed[]));
      cursor = body.nextCursor;
    }
    expect(cursor).toBeNull();
    expect(listed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(listed.at(-1)?.id).toBe(ids.at(-1));
    // A caller with a token, or of a minute before the deploy that tells of it, has none.
    expect(listed.filter(({ isCaller }) => isCaller)).toEqual([]);
  });

  it.each(['limit=0', 'limit=101', 'cursor=nonsense', 'cursor=1-', 'cursor=-abcdefabcdef', 'tenant=beta'])(
    'refuses the query %s',
    async (query) => {
      expect((await callApi(createWorld(), `GET /api/keys?${query}`)).status).toBe(400);
    },
  );
});

describe('DELETE /api/keys/{id}', () => {
  it('revokes a key, and says in the log who has', async () => {
    const world = createWorld();
    const [gone, asking] = [await aKey(world), await aKey(world)];
    const revoke = () => callApi(world, `DELETE /api/keys/${gone.id}`, { caller: asking.caller });
    expect(await revoke()).toMatchObject({ status: 200, body: { id: gone.id } });
    expect([...world.ports.access.grants.keys()]).toEqual([asking.keyHash]);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'key revoked', tenant: 'acme', key_id: gone.id, by_key_id: asking.id }),
    );
    expect(await revoke()).toMatchObject({ status: 404, body: { detail: 'there is no such key' } });
  });

  it('leaves the key that calls', async () => {
    const world = createWorld();
    const { id, caller, keyHash } = await aKey(world);
    expect(await callApi(world, `DELETE /api/keys/${id}`, { caller })).toMatchObject({
      status: 409,
      body: { code: 'invalid_status', detail: expect.stringContaining('this is the key that calls') },
    });
    expect(world.ports.access.grants.has(keyHash)).toBe(true);
  });

  it('revokes nothing where it cannot tell which', async () => {
    const world = createWorld();
    const { id, keyHash } = await aKey(world);
    const grant = world.ports.access.grants.get(keyHash);
    if (grant !== undefined) await world.ports.access.put(`${id}${'0'.repeat(52)}`, grant);
    expect(await callApi(world, `DELETE /api/keys/${id}`)).toMatchObject({ status: 409 });
    expect(world.ports.access.grants.size).toBe(2);
  });
});

it.each(['GET /api/keys', 'DELETE /api/keys/0123456789ab'])(
  'a deployment whose callers come with tokens says that it has no keys: %s',
  async (request) => {
    const world = createWorld();
    await aKey(world);
    Object.assign(world.ports, { tenantClaim: 'tenant' });
    expect(await callApi(world, request, { claims: { tenant: 'acme', scope: 'admin' } })).toMatchObject({
      status: 404,
      body: { detail: expect.stringContaining('has no keys') },
    });
    expect(world.ports.access.grants.size).toBe(1);
  },
);
