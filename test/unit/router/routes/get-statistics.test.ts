import { beforeEach, describe, expect, it } from 'vitest';
import { durationBucketOf, MINUTE, type Tally } from '../../../../functions/core/statistics.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

let world: World;
let places = 0;
beforeEach(() => {
  world = createWorld([greet, echo]);
});

const NONE = {
  accepted: 0,
  started: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  retried: 0,
  reopened: 0,
  waitMilliseconds: null,
  runMilliseconds: null,
  cost: { usd: 0, computeUsd: 0 },
};
const iso = (minutes: number): string => new Date(world.now + minutes * MINUTE).toISOString();

/** Counts something so many minutes from now. */
async function count(minutes: number, tally: Tally, type = 'greet', tenantId = 'acme'): Promise<void> {
  const row = { tenantId: tenant(tenantId), type, minute: world.now + minutes * MINUTE };
  const change = { row, sequenceNumber: String(++places), at: world.now };
  await world.ports.statistics.add('shard', row, [{ ...change, tally }]);
}
const stats = (query = '', scopes = 'read') =>
  callApi(world, `GET /api/stats${query}`, { caller: { tenantId: 'acme', scopes } });

describe('GET /api/stats', () => {
  it('is of the last hour, and empty where nothing happened', async () => {
    const { status, body } = await stats();
    expect({ status, body }).toEqual({
      status: 200,
      body: { from: iso(-60), to: iso(0), total: NONE, byType: [], items: [] },
    });
  });

  it('shows the minutes in which something happened, of all types together, oldest first', async () => {
    await count(-2, { accepted: 3, succeeded: 1 });
    await count(-2, { accepted: 1, failed: 1 }, 'echo');
    await count(-5, { cancelled: 1, retried: 2, reopened: 1 }, 'echo');
    await count(-61, { accepted: 1 });
    await count(0, { accepted: 1 });
    expect((await stats()).body).toMatchObject({
      total: { ...NONE, accepted: 4, succeeded: 1, failed: 1, cancelled: 1, retried: 2, reopened: 1 },
      items: [
        { minute: iso(-5), ...NONE, cancelled: 1, retried: 2, reopened: 1 },
        { minute: iso(-2), ...NONE, accepted: 4, succeeded: 1, failed: 1 },
      ],
    });
  });

  it('tells what tasks cost, by minute, by type and in all', async () => {
    await count(-2, { accepted: 1, nanodollars: 2_500, computeNanodollars: 500 });
    await count(-2, { accepted: 1, nanodollars: 1_000_000 }, 'echo');
    await count(-3, { accepted: 1, nanodollars: 500 });
    expect((await stats()).body).toMatchObject({
      total: { cost: { usd: 0.001003, computeUsd: 0.0000005 } },
      byType: [
        { type: 'echo', accepted: 1, cost: { usd: 0.001, computeUsd: 0 } },
        { type: 'greet', accepted: 2, cost: { usd: 0.000003, computeUsd: 0.0000005 } },
      ],
      items: [{ cost: { usd: 0.0000005 } }, { cost: { usd: 0.0010025, computeUsd: 0.0000005 } }],
    });
    expect((await stats('?type=greet')).body).toMatchObject({ total: { cost: { usd: 0.000003 } } });
  });

  it('tells what each type costs over time', async () => {
    await count(-2, { accepted: 1, nanodollars: 2_500, computeNanodollars: 500 });
    await count(-4, { nanodollars: 1_000_000 });
    await count(-3, { cancelled: 1 });
    expect((await stats()).body).toMatchObject({
      byType: [
        {
          type: 'greet',
          costs: [
            { minute: iso(-4), usd: 0.001, computeUsd: 0 },
            { minute: iso(-2), usd: 0.0000025, computeUsd: 0.0000005 },
          ],
        },
      ],
    });
  });

  describe('of all tenants', () => {
    const open = async (tenantId: string, type: string) => {
      const row = { tenantId: tenant(tenantId) };
      const change = { row, sequenceNumber: String(++places), at: world.now, tally: { open: 1 }, type };
      await world.ports.statistics.add('shard', row, [change]);
    };

    it('adds up what each has, for a key with the scope platform, and the fixed part apart', async () => {
      await open('acme', 'greet');
      await open('other', 'gone');
      await count(-2, { accepted: 3, nanodollars: 1_000 });
      await count(-2, { accepted: 4, nanodollars: 2_000 }, 'gone', 'other');
      await count(-3, { failed: 1, nanodollars: 500 }, 'greet', 'other');
      const { body } = await stats('?tenants=all', 'read platform');
      expect(body).toMatchObject({
        total: { accepted: 7, failed: 1, cost: { usd: 0.0000035 } },
        byType: [
          { type: 'gone', accepted: 4 },
          { type: 'greet', accepted: 3, failed: 1, costs: [{ minute: iso(-3) }, { minute: iso(-2) }] },
        ],
        byTenant: [
          { tenantId: 'acme', accepted: 3, cost: { usd: 0.000001 } },
          {
            tenantId: 'other',
            accepted: 4,
            failed: 1,
            cost: { usd: 0.0000025 },
            costs: [{ usd: 0.0000005 }, { usd: 0.000002 }],
          },
        ],
        fixed: { usdPerHour: 0.05, usd: 0.05 },
        items: [{ minute: iso(-3) }, { minute: iso(-2), accepted: 7 }],
      });
      const alone = await stats('?type=greet&tenants=all', 'read platform');
      expect(alone.body).toMatchObject({ total: { accepted: 3, failed: 1 }, byTenant: [{}, { tenantId: 'other' }] });
    });

    it('takes the scope platform, and tells no tenant of the fixed part', async () => {
      expect(await stats('?tenants=all')).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
      expect((await stats()).body).not.toHaveProperty('fixed');
      expect((await stats('', 'read platform')).body).toMatchObject({ fixed: { usd: 0.05 } });
      expect((await stats('', 'read platform')).body).not.toHaveProperty('byTenant');
    });

    it('says how many are left out', async () => {
      for (let number = 0; number < 203; number++) await open(`t${number}`, 'greet');
      expect((await stats('?tenants=all', 'read platform')).body).toMatchObject({ tenantsLeftOut: 3 });
    });

    it('is no other word', async () => {
      expect(await stats('?tenants=other', 'read platform')).toMatchObject({ status: 400 });
    });
  });

  it('shows one type, be it one that the deployment no longer has', async () => {
    await count(-2, { accepted: 3 });
    await count(-2, { accepted: 1 }, 'gone');
    expect((await stats('?type=gone')).body).toMatchObject({ total: { accepted: 1 }, items: [{ accepted: 1 }] });
    expect((await stats('?type=never')).body).toMatchObject({ items: [] });
  });

  it('counts the types that the deployment no longer has among all, of the tenant that had them', async () => {
    const had = async (type: string, tenantId: string) => {
      const row = { tenantId: tenant(tenantId) };
      const change = { row, sequenceNumber: String(++places), at: world.now, tally: { open: 1 }, type };
      await world.ports.statistics.add('shard', row, [change]);
    };
    await had('gone', 'acme');
    await had('greet', 'acme');
    await had('theirs', 'other');
    await count(-2, { accepted: 3 });
    await count(-2, { accepted: 1 }, 'gone');
    await count(-3, { accepted: 7 }, 'theirs', 'other');
    expect((await stats()).body).toMatchObject({ total: { accepted: 4 }, items: [{ accepted: 4 }] });
  });

  it("never shows another tenant's", async () => {
    await count(-2, { accepted: 3 }, 'greet', 'other');
    expect((await stats()).body.items).toEqual([]);
  });

  it('tells percentiles of wait and run, merged over types and minutes', async () => {
    for (let n = 1; n <= 50; n++) await count(-1, { started: 1, [`wait_${durationBucketOf(n * 10)}`]: 1 });
    for (let n = 51; n <= 100; n++) await count(-2, { started: 1, [`wait_${durationBucketOf(n * 10)}`]: 1 }, 'echo');
    await count(-1, { succeeded: 1, run_0: 1 });
    const { total } = (await stats()).body as { total: { waitMilliseconds: Record<string, number> } };
    const { p50 = 0, p95 = 0, p99 = 0 } = total.waitMilliseconds;
    for (const [estimate, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(Math.abs(estimate - exact), String(exact)).toBeLessThanOrEqual(exact * 0.02 + 0.5);
    }
    expect(total).toMatchObject({ started: 100, runMilliseconds: { p50: 0, p95: 0, p99: 0 } });
  });

  it.each([
    ['whole minutes', () => `?from=${iso(-3.5)}&to=${iso(-1.5)}`, [-4, -1], [-4, -3, -2]],
    ['an hour before its end', () => `?to=${iso(-30)}`, [-90, -30], [-80, -31]],
    ['until now', () => `?from=${iso(-3)}`, [-3, 0], [-3, -2, -1]],
    ['a whole day', () => `?from=${iso(-1440)}&to=${iso(0)}`, [-1440, 0], [-1440, -80, -31, -4, -3, -2, -1]],
    [
      'a time with an offset',
      () => `?from=${encodeURIComponent(iso(-3).replace('Z', '+00:00'))}`,
      [-3, 0],
      [-3, -2, -1],
    ],
  ])('takes a range: %s', async (_, query, [from = 0, to = 0], minutes) => {
    for (const minute of [-1441, -1440, -80, -31, -4, -3, -2, -1, 0]) await count(minute, { accepted: 1 });
    const { body } = await stats(query());
    expect(body).toMatchObject({
      from: iso(from),
      to: iso(to),
      items: minutes.map((minute) => ({ minute: iso(minute) })),
    });
    expect(body.items).toHaveLength(minutes.length);
  });

  it.each([
    ['from=yesterday', ['from']],
    ['from=2026-01-01', ['from']],
    ['to=1700000000000', ['to']],
    ['from=2026-02-30T00:00:00Z', ['from']],
    ['to=9999-12-31T23:59:59-23:00', ['to']],
    ['from=1969-12-31T23:59:59Z', ['from']],
    ['from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', ['from']],
    ['from=2999-01-01T00:00:00Z', ['from']],
    ['from=2025-12-31T00:00:00Z&to=2026-01-01T00:00:01Z', ['from']],
    ['from=2025-12-01T00:00:00Z', ['from']],
    ['type=', ['type']],
    ['limit=5', ['limit']],
    ['from=x&to=y', ['from', 'to']],
  ])('refuses ?%s and names what is wrong', async (query, fields) => {
    const { status, body } = await stats(`?${query}`);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect((body.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
  });

  it('asks for the scope read', async () => {
    expect((await stats('', 'submit operate admin')).status).toBe(403);
  });

  it('is unavailable while the table does not answer', async () => {
    world.ports.statistics.minutes = () => Promise.reject(new Error('throttled'));
    expect(await stats()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });
});
