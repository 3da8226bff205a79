import { beforeEach, describe, expect, it } from 'vitest';
import { TenantGate } from '../../../functions/router/tenant-gate.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

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
  it('is let in so often in five seconds, and then told when to try again', async () => {
    world.advance(2);
    expect(await bulk(20, { ratePerSecond: 2 })).toMatchObject({ accepted: 10, rejected: 10 });
    const { status, headers, body } = await submit({ ratePerSecond: 2 });
    expect({ status, retryAfter: headers['retry-after'] }).toEqual({ status: 429, retryAfter: '3' });
    expect(body).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 3 });
    world.advance(3);
    expect((await submit({ ratePerSecond: '2' })).status).toBe(202);
    expect(world.tallies.reports).toBe(2);
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

  it('has its own, whatever another key of the tenant may ask for', async () => {
    expect(await bulk(2, { ratePerSecond: 20 })).toMatchObject({ accepted: 2 });
    expect(await bulk(10, { ratePerSecond: 1 })).toMatchObject({ accepted: 3, rejected: 7 });
    expect(await bulk(10, { ratePerSecond: 20 })).toMatchObject({ accepted: 10 });
  });

  it('shares it among routers, by what each is asked for', async () => {
    const { clock, log } = world.ports;
    const { tallies } = world;
    const usage = { openTasks: async () => 0 };
    const routers = [1, 2, 3].map(() => new TenantGate({ tallies, usage, clock, log }));
    const admitted: number[][] = [];
    for (let window = 0; window < 8; window++) {
      const counts: number[] = [];
      for (const [index, router] of routers.entries()) {
        let count = 0;
        // The first is asked twice as often as the others.
        for (let task = 0; task < (index === 0 ? 400 : 200); task++) {
          if ((await router.rateRefusal(tenant('acme'), { ratePerSecond: 20 })) === undefined) count += 1;
        }
        counts.push(count);
      }
      admitted.push(counts);
      world.advance(5);
    }
    // The very first knows of nobody; from the third window on each has its part of a hundred.
    expect(admitted[0]).toEqual([100, 50, 25]);
    expect(admitted[1]).toEqual([34, 34, 34]);
    for (const counts of admitted.slice(2)) expect(counts).toEqual([50, 25, 25]);
  });

  it.each([2, 10, 100])('lets in twice the rate at most where %i routers are new at once', async (count) => {
    const { clock, log } = world.ports;
    const ports = { tallies: world.tallies, usage: { openTasks: async () => 0 }, clock, log };
    let routers = Array.from({ length: count }, () => new TenantGate(ports));
    for (let window = 0; window < 3; window++) {
      let admitted = 0;
      for (const router of routers) {
        for (let task = 0; task < 120; task++) {
          if ((await router.rateRefusal(tenant('acme'), { ratePerSecond: 20 })) === undefined) admitted += 1;
        }
      }
      expect(admitted).toBeLessThanOrEqual(window === 0 ? 200 : 100 * 1.5 + count);
      expect(admitted).toBeGreaterThanOrEqual(100);
      // Half of them make way for as many that are new.
      routers = [...routers.slice(0, count / 2), ...routers.slice(count / 2).map(() => new TenantGate(ports))];
      world.advance(5);
    }
  });

  it.each<[string, string, unknown]>([
    ['a field is wrong', 'POST /api/tasks', { ...ada, surprise: 1 }],
    ['the type is unknown', 'POST /api/tasks', { type: 'gret', input: {} }],
    ['the body is not JSON', 'POST /api/tasks', '{'],
    ['the body is too large', 'POST /api/tasks', ' '.repeat(2_500_001)],
    ['the body of a bulk is not JSON', 'POST /api/tasks/batch', '{'],
    ['a bulk has a field that is wrong', 'POST /api/tasks/batch', { tasks: [], surprise: 1 }],
  ])('has submits counted that are refused since %s', async (_, request, body) => {
    const ask = () => callApi(world, request, { body, caller: limited({ ratePerSecond: 1 }) });
    for (let count = 0; count < 5; count++) expect([400, 413]).toContain((await ask()).status);
    expect(await ask()).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
    expect(await submit({ ratePerSecond: 1 })).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  });

  it('has what is wrong with a submit looked for only where the submit is in time', async () => {
    const looked: unknown[] = [];
    const watched = {
      ...greet,
      input: { '~standard': { ...greet.input['~standard'], validate: (value: unknown) => looked.push(value) } },
    };
    Object.assign(world.ports, { catalog: { greet: async () => watched } });
    await bulk(6, { ratePerSecond: 1 });
    expect(looked).toHaveLength(5);
  });

  it('has the tasks of a bulk counted that are refused for themselves', async () => {
    const tasks = Array(20).fill({ ...ada, surprise: 1 });
    const { body } = await callApi(world, 'POST /api/tasks/batch', {
      body: { tasks },
      caller: limited({ ratePerSecond: 2 }),
    });
    const codes = (body.results as { problem: { code: string } }[]).map(({ problem }) => problem.code);
    expect(codes).toEqual([...Array(10).fill('invalid_request'), ...Array(10).fill('rate_limited')]);
    expect(await submit({ ratePerSecond: 2 })).toMatchObject({ status: 429 });
  });

  it('is not limited while the table does not answer', async () => {
    world.tallies.report = () => Promise.reject(new Error('throttled'));
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
    Object.assign(world.ports, { tenants: new TenantGate({ tallies: world.tallies, usage, clock, log }) });
    expect((await submit({ maxOpenTasks: 1 })).status).toBe(202);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'open tasks not known: nobody is refused' }));
  });
});
