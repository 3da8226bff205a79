import { beforeEach, describe, expect, it } from 'vitest';
import { TenantGate } from '../../../../functions/router/submit/tenant-gate.ts';
import { chance } from '../../../doubles/chance.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});
const limited = (limits: object) => ({ tenantId: 'acme', scopes: 'submit', ...limits });
const submit = (limits: object, headers: Record<string, string> = {}) =>
  callApi(world, 'POST /api/tasks', { body: ada, caller: limited(limits), headers });
const bulk = async (count: number, limits: object) => {
  const request = { body: { tasks: Array(count).fill(ada) }, caller: limited(limits) };
  return (await callApi(world, 'POST /api/tasks/batch', request)).body;
};

describe('a key with a rate', () => {
  it('is let in as often as its rate at one moment, and then told when to try again', async () => {
    expect(await bulk(20, { ratePerSecond: 2 })).toMatchObject({ accepted: 2, rejected: 18 });
    const { status, headers, body } = await submit({ ratePerSecond: 2 });
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 429, retryAfter: '1' });
    expect(body).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
    world.advance(0.5);
    expect((await submit({ ratePerSecond: '2' })).status).toBe(202);
    expect((await submit({ ratePerSecond: 2 })).status).toBe(429);
    // A refused submit asks the table no more than once for each moment at which the bucket may have something.
    expect(world.buckets.draws).toBeLessThanOrEqual(25);
  });

  it('may repeat a submit under its key', async () => {
    const headers = { 'idempotency-key': 'order-1' };
    await submit({ ratePerSecond: 1 }, headers);
    await bulk(10, { ratePerSecond: 1 });
    expect((await submit({ ratePerSecond: 1 }, headers)).headers['idempotent-replayed']).toBe('true');
  });

  it('does not limit other tenants, nor keys without one', async () => {
    await bulk(10, { ratePerSecond: 1 });
    expect((await submit({})).status).toBe(202);
    expect((await callApi(world, 'POST /api/tasks', { body: ada })).status).toBe(202);
  });

  it('has its own, whatever a key of the tenant with another rate has asked for', async () => {
    expect(await bulk(2, { ratePerSecond: 20 })).toMatchObject({ accepted: 2 });
    expect(await bulk(10, { ratePerSecond: 4 })).toMatchObject({ accepted: 4, rejected: 6 });
    expect(await bulk(20, { ratePerSecond: 20 })).toMatchObject({ accepted: 18, rejected: 2 });
  });

  /** Returns when submits that come as `nextGap` says (seconds), each to one of so many routers, were let in. */
  async function letIn(routers: number, ratePerSecond: number, seconds: number, nextGap: () => number, seed = routers) {
    const { clock, log } = world.ports;
    const ports = { buckets: world.buckets, usage: { openTasks: async () => 0 }, clock, log };
    const gates = Array.from({ length: routers }, () => new TenantGate(ports));
    const { pick } = chance(seed);
    const [begin, times]: [number, number[]] = [world.now, []];
    while (world.now < begin + seconds * 1000) {
      if ((await pick(gates).rateRefusal(tenant('acme'), { ratePerSecond })) === undefined)
        times.push(world.now - begin);
      world.advance(nextGap());
    }
    return times;
  }
  /** Returns the most that were let in within any one second. */
  const most = (times: readonly number[]): number =>
    Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 1000).length));

  it.each([1, 2, 3, 10, 50])('is let in as often as it says where 7 a second come to %i routers', async (routers) => {
    const { below } = chance(routers);
    for (const nextGap of [() => 1 / 7, () => (below(2_000) + 0.5) / 7_000]) {
      world.advance(60);
      const times = await letIn(routers, 5, 30, nextGap);
      expect(times.length / 30).toBeGreaterThanOrEqual(4.5);
      expect(times.length / 30).toBeLessThanOrEqual(5.5);
      expect(most(times)).toBeLessThanOrEqual(10);
      // The rate holds in its first seconds as well, while no router knows of another.
      expect(times.filter((time) => time < 5000).length).toBeLessThanOrEqual(30);
    }
  });

  it.each([
    [1, 10],
    [5, 3],
    [50, 20],
    [300, 7],
  ])(
    'is never let in more than twice a second as often as its rate of %i, at whatever comes to %i routers',
    async (rate, routers) => {
      const times = await letIn(routers, rate, 10, () => 1 / (rate * 10));
      expect(most(times)).toBeLessThanOrEqual(2 * rate);
      expect(times.filter((time) => time === times[0]).length).toBeLessThanOrEqual(rate);
      expect(times.length / 10).toBeGreaterThanOrEqual(rate);
      expect(times.length / 10).toBeLessThanOrEqual(rate * 1.1 + 0.1);
    },
  );

  it('is let in whenever it asks for no more than its rate', async () => {
    expect(await letIn(5, 5, 30, () => 0.2)).toHaveLength(150);
  });

  it.each<[string, string, unknown]>([
    ['a field is wrong', 'POST /api/tasks', { ...ada, surprise: 1 }],
    ['the type is unknown', 'POST /api/tasks', { type: 'gret', input: {} }],
    ['the body is not JSON', 'POST /api/tasks', '{'],
    ['the body is too large', 'POST /api/tasks', ' '.repeat(2_500_001)],
    ['the body of a bulk is not JSON', 'POST /api/tasks/batch', '{'],
    ['a bulk has a field that is wrong', 'POST /api/tasks/batch', { tasks: [], surprise: 1 }],
  ])('has submits counted that are refused since %s', async (_, request, body) => {
    const ask = () => callApi(world, request, { body, caller: limited({ ratePerSecond: 5 }) });
    for (let count = 0; count < 5; count++) expect([400, 413]).toContain((await ask()).status);
    expect(await ask()).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(await submit({ ratePerSecond: 5 })).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  });

  it('has what is wrong with a submit looked for only where the submit is in time', async () => {
    const looked: unknown[] = [];
    const watched = {
      ...greet,
      input: { '~standard': { ...greet.input['~standard'], validate: (value: unknown) => looked.push(value) } },
    };
    Object.assign(world.ports, { catalog: { greet: async () => watched } });
    await bulk(6, { ratePerSecond: 5 });
    expect(looked).toHaveLength(5);
  });

  it('has the tasks of a bulk counted that are refused for themselves', async () => {
    const tasks = Array(20).fill({ ...ada, surprise: 1 });
    const { body } = await callApi(world, 'POST /api/tasks/batch', {
      body: { tasks },
      caller: limited({ ratePerSecond: 2 }),
    });
    const codes = (body.results as { problem: { code: string } }[]).map(({ problem }) => problem.code);
    expect(codes).toEqual([...Array(2).fill('invalid_request'), ...Array(18).fill('rate_limited')]);
    expect(await submit({ ratePerSecond: 2 })).toMatchObject({ status: 429 });
  });

  it('is not limited while the table does not answer', async () => {
    world.buckets.draw = () => Promise.reject(new Error('throttled'));
    expect(await bulk(20, { ratePerSecond: 1 })).toMatchObject({ accepted: 20 });
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'rate not known: nobody is refused' }));
  });
});

describe('a key with a limit of open tasks', () => {
  it('has no submit counted as open that was refused', async () => {
    for (let count = 0; count < 10; count++) {
      await callApi(world, 'POST /api/tasks', { body: { ...ada, surprise: 1 }, caller: limited({ maxOpenTasks: 5 }) });
    }
    expect((await submit({ maxOpenTasks: 5 })).status).toBe(202);
  });

  it('is let in up to it, and counts what it was let in since it last looked', async () => {
    world.openTasks = 7;
    expect(await bulk(5, { maxOpenTasks: 10 })).toMatchObject({ accepted: 3, rejected: 2 });
    world.openTasks = 9;
    world.advance(4);
    expect((await submit({ maxOpenTasks: 10 })).headers['retry-after']).toBe('5');
    world.advance(1);
    expect((await submit({ maxOpenTasks: 10 })).status).toBe(202);
    expect((await submit({ maxOpenTasks: 10 })).body).toMatchObject({ code: 'rate_limited' });
  });

  it('has those of another key counted once', async () => {
    await bulk(10, {});
    world.openTasks = 10;
    expect(await bulk(10, { maxOpenTasks: 15 })).toMatchObject({ accepted: 5, rejected: 5 });
  });

  it('is not limited while nobody can count them', async () => {
    const { clock, log } = world.ports;
    const usage = { openTasks: () => Promise.reject(new Error('throttled')) };
    Object.assign(world.ports, { tenants: new TenantGate({ buckets: world.buckets, usage, clock, log }) });
    expect((await submit({ maxOpenTasks: 1 })).status).toBe(202);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'open tasks not known: nobody is refused' }));
  });
});
