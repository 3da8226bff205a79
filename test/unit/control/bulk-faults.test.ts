import { describe, expect, it } from 'vitest';
import type { BulkAction } from '../../../functions/core/bulk-action/bulk-action.ts';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import {
  type BulkActionWorld,
  createBulkActionWorld,
  failAgain,
  queueTasks,
  watchRetries,
  withOthers,
} from '../../doubles/bulk-action-world.ts';
import { callApi } from '../router/call-api.ts';

const sumOf = async (world: BulkActionWorld, action: BulkAction) => {
  const { matched, done, refused } = await world.account(action);
  return { matched, done, sum: done + refused };
};

/** Makes ports whose calls, counted over all of them, `fault` may spoil: it is given the number of a call, and the call. */
function spoilt(world: BulkActionWorld, fault: (number: number, call: () => Promise<unknown>) => Promise<unknown>) {
  let calls = 0;
  const through = <Port extends object>(port: Port, verbs: readonly string[]): Port =>
    withOthers(
      port,
      Object.fromEntries(
        verbs.map((verb) => {
          const made: (...of: unknown[]) => Promise<unknown> = Reflect.get(port as object, verb);
          return [verb, (...of: unknown[]) => fault(++calls, () => made.apply(port, of))];
        }),
      ) as Partial<Port>,
    );
  const { store, deletions } = world.ports;
  return {
    store: through(store, ['claim', 'settle', 'retry', 'cancel']),
    deletions: through(deletions, ['begin', 'finish']),
    bulkActions: through(world.bulkActions, ['save']),
  };
}

describe.each(['retry', 'cancel', 'delete'] as const)('the account of a %s', (verb) => {
  it('adds up whichever answer of a write is lost', async () => {
    for (let lost = 1; lost <= 60; lost++) {
      const world = createBulkActionWorld();
      const retries = watchRetries(world);
      if (verb === 'retry') failAgain(world);
      if (verb === 'cancel') await queueTasks(world, 15);
      else world.fail(15);
      world.advance(1);
      const action = await world.ask(verb, { type: 'greet' }, 5);
      const ports = spoilt(world, async (number, call) => {
        const result = await call();
        if (number === lost) throw new Error('no answer');
        return result;
      });
      for (let runs = 0; runs < 3; runs++) {
        await world.run(75, ports);
        world.advance(30);
      }
      expect({ lost, ...(await sumOf(world, action)) }).toEqual({ lost, matched: 15, done: 15, sum: 15 });
      expect(await world.statusOf(action)).toBe('succeeded');
      if (verb === 'retry') expect([...retries.values()]).toEqual(Array(15).fill(1));
    }
  });

  it('adds up for each of two that are about the same tasks at once', async () => {
    for (const rates of [
      [5, 5],
      [20, 7],
      [1, 30],
    ]) {
      const world = createBulkActionWorld();
      const retries = watchRetries(world);
      if (verb === 'retry') failAgain(world);
      if (verb === 'cancel') await queueTasks(world, 30);
      else world.fail(30);
      world.advance(1);
      const actions = await Promise.all(rates.map((rate) => world.ask(verb, { type: 'greet' }, rate)));
      await Promise.all([world.run(), world.run()]);
      const accounts = await Promise.all(actions.map((action) => sumOf(world, action)));
      for (const { matched, sum } of accounts) expect(sum).toBe(matched);
      if (verb === 'retry') {
        expect([...retries.values()]).toEqual(Array(30).fill(1));
        expect(accounts.reduce((done, one) => done + one.done, 0)).toBe(30);
      }
    }
  });
});

describe('a bulk action', () => {
  it('adds up where its tasks become something else while it works', async () => {
    const world = createBulkActionWorld();
    const seeds = world.fail(40);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 5);
    const { store } = world.ports;
    const steps: ((task: TaskSeed) => Promise<unknown>)[] = [
      ({ id }) => callApi(world, `DELETE /api/tasks/${id}`),
      ({ id }) => callApi(world, `POST /api/tasks/${id}/retry`),
      async ({ tenantId, id }) => {
        await store.retry(tenantId, id, world.now, world.now);
        await store.cancel(tenantId, id, world.now);
      },
    ];
    for (let round = 0; round < 10; round++) {
      await world.run(1);
      for (const [place, step] of steps.entries()) {
        const seed = seeds[round * 3 + place];
        // Some of them had their turn already, and are queued.
        if (seed !== undefined) await step(seed);
      }
    }
    await world.run();
    const { matched, done, refused } = await world.account(action);
    expect(done + refused).toBe(matched);
    expect(matched).toBe(40);
    expect(await world.statusOf(action)).toBe('succeeded');
  });

  it('keeps to its rate from one attempt to the next', async () => {
    const world = createBulkActionWorld();
    world.fail(100);
    world.advance(1);
    await world.ask('retry', { type: 'greet' }, 10);
    const times: number[] = [];
    const { watch } = world.ports.store;
    world.ports.store.watch = (before, after) => {
      watch(before, after);
      if (before?.status === 'failed' && after.status === 'queued') times.push(world.now);
    };
    for (let attempts = 0; attempts < 40; attempts++) await world.run(1.5);
    expect(times).toHaveLength(100);
    for (const from of times) {
      expect(times.filter((time) => time >= from && time < from + 1_000).length).toBeLessThanOrEqual(10);
    }
  });

  it('goes on where it is shown as it was before it was claimed', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' });
    const { store } = world.ports;
    const { check } = store;
    let looks = 0;
    const stale = withOthers(store, {
      check: async (task, heartbeat) =>
        heartbeat === undefined && ++looks <= 2 ? 'lost' : check.call(store, task, heartbeat),
    });
    await world.run(75, { store: stale });
    expect(await world.ports.store.get(action.tenantId, action.id, world.now)).toMatchObject({
      status: 'succeeded',
      attempt: 1,
    });
  });

  it('keeps its lease through a step that takes longer than that', async () => {
    const world = createBulkActionWorld();
    world.fail(50);
    world.advance(1);
    const action = await world.ask('delete', { type: 'greet' }, 200);
    const { store, payloads } = world.ports;
    const lapsed: number[] = [];
    const slow = withOthers(payloads, {
      remove: async () => {
        world.advance(2);
        const task = await store.get(action.tenantId, action.id, world.now);
        if (task?.status !== 'running' || task.leaseExpiresAt <= world.now) lapsed.push(world.now);
      },
    });
    await world.run(75, { payloads: slow });
    await world.run();
    expect(lapsed).toEqual([]);
    expect(await sumOf(world, action)).toEqual({ matched: 50, done: 50, sum: 50 });
    expect(await world.statusOf(action)).toBe('succeeded');
  });

  it('is carried out though another of the same run meets a fault of the platform', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const [first, second] = [await world.ask('retry', { type: 'greet' }), await world.ask('cancel', { type: 'greet' })];
    const { store } = world.ports;
    const { claim } = store;
    const faulty = withOthers(store, {
      claim: async (task, ...of) => {
        if (task.id === first.id) throw new Error('throttled');
        return claim.call(store, task, ...of);
      },
    });
    await world.run(10, { store: faulty });
    expect(await world.statusOf(second)).toBe('succeeded');
    await world.run();
    expect(await world.statusOf(first)).toBe('succeeded');
  });

  it('passes over the one task that does not answer in two attempts', async () => {
    const world = createBulkActionWorld();
    const [, poisoned] = world.fail(3) as [TaskSeed, TaskSeed];
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 1);
    const { retry } = world.ports.store;
    world.ports.store.retry = async (tenantId, id, ...more) => {
      if (id === poisoned.id) throw new Error('no answer');
      return retry.call(world.ports.store, tenantId, id, ...more);
    };
    for (let runs = 0; runs < 5; runs++) {
      await world.run();
      world.advance(60);
    }
    const { done, refusals } = await world.account(action);
    expect({ done, refusals }).toEqual({ done: 2, refusals: { unavailable: { count: 1, exampleIds: [poisoned.id] } } });
    expect(await world.statusOf(action)).toBe('succeeded');
  });

  it('tells of its attempts as they ended: given back, and succeeded', async () => {
    const world = createBulkActionWorld();
    world.fail(30);
    world.advance(1);
    const { id } = await world.ask('retry', { type: 'greet' }, 10);
    await world.run(2);
    await world.run();
    const { body } = await callApi(world, `GET /api/tasks/${id}/attempts`);
    const outcomes = (body.items as { outcome: string }[]).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['given_back', 'succeeded']);
  });

  it('that is aborted after it has died in a step tells what may be done or not', async () => {
    const world = createBulkActionWorld();
    const retries = watchRetries(world);
    world.fail(20);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 5);
    let isDead = false;
    const ports = spoilt(world, (_, call) => {
      isDead ||= retries.size === 8;
      return isDead ? Promise.reject(new Error('killed')) : call();
    });
    await world.run(10, ports);
    await callApi(world, `POST /api/bulk-actions/${action.id}/abort`);
    world.advance(60);
    await world.run();
    const { body } = await callApi(world, `GET /api/bulk-actions/${action.id}`);
    expect(body).toMatchObject({
      status: 'aborted',
      counts: { matched: 20, done: 5, refused: 5 },
      refusals: [{ code: 'interrupted', count: 5 }],
    });
    expect(retries.size).toBe(8);
  });
});
