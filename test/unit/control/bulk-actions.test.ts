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
import { taskSeed, tenant } from '../../doubles/task-seed.ts';

const seedsSent = (world: BulkActionWorld): number => [...world.queue.messages.values()].length;
const statusOfTask = (world: BulkActionWorld, action: BulkAction) => world.statusOf(action);

describe('a bulk action', () => {
  it('retries what has failed, and nothing else, by type and time', async () => {
    const world = createBulkActionWorld();
    const old = world.fail(2);
    world.advance(60);
    const from = world.now;
    const mine = world.fail(5);
    const others = [...world.fail(2, { type: 'other' }), ...world.fail(2, { tenantId: tenant('beta') })];
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet', createdFrom: from });
    await world.run();
    expect(await Promise.all(mine.map(world.statusOf))).toEqual(mine.map(() => 'queued'));
    expect(await Promise.all([...old, ...others].map(world.statusOf))).toEqual([...old, ...others].map(() => 'failed'));
    expect(await world.account(action)).toMatchObject({ matched: 5, done: 5, refused: 0 });
    expect(await statusOfTask(world, action)).toBe('succeeded');
    expect(seedsSent(world)).toBeGreaterThan(0);
  });

  it('keeps to the rate that is asked for', async () => {
    const world = createBulkActionWorld();
    world.fail(100);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 10);
    const begun = world.now;
    await world.run();
    expect(await world.account(action)).toMatchObject({ matched: 100, done: 100 });
    const seconds = (world.now - begun) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(9);
    expect(seconds).toBeLessThan(12);
  });

  it('gives its task back when its time is over, and goes on in the next attempt', async () => {
    const world = createBulkActionWorld();
    const retries = watchRetries(world);
    world.fail(100);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 10);
    await world.run(4);
    const half = await world.account(action);
    expect(half.done).toBeGreaterThan(20);
    expect(half.done).toBeLessThan(60);
    expect(await statusOfTask(world, action)).toBe('queued');
    await world.run(20);
    expect(await world.account(action)).toMatchObject({ matched: 100, done: 100, refused: 0 });
    expect([...retries.values()]).toEqual(Array(100).fill(1));
  });

  it('never chases itself: what it has retried and has failed again is left alone', async () => {
    const world = createBulkActionWorld();
    const retries = watchRetries(world);
    const seeds = world.fail(30);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 10);
    failAgain(world);
    await world.run();
    expect([...retries.values()]).toEqual(seeds.map(() => 1));
    expect(await world.account(action)).toMatchObject({ matched: 30, done: 30 });
  });

  it.each(['retry', 'cancel', 'delete'] as const)(
    'is killed at any write of a %s and goes on: none twice, the account adds up',
    async (verb) => {
      for (let kill = 1; kill <= 40; kill += 3) {
        const world = createBulkActionWorld();
        const retries = watchRetries(world);
        if (verb === 'retry') failAgain(world);
        const seeds = verb === 'cancel' ? await queueTasks(world, 25) : world.fail(25);
        world.advance(1);
        const action = await world.ask(verb, { type: 'greet' }, 10);
        await world.run(75, dyingAt(world, kill)).catch(() => {});
        world.advance(30);
        await world.run();
        const { matched, done, refused } = await world.account(action);
        expect({ kill, matched, sum: done + refused, done }).toEqual({ kill, matched: 25, sum: 25, done: 25 });
        if (verb === 'retry') expect([...retries.values()]).toEqual(Array(25).fill(1));
        const expected = { retry: 'failed', cancel: 'cancelled', delete: undefined }[verb];
        expect(new Set(await Promise.all(seeds.map(world.statusOf)))).toEqual(new Set([expected]));
        expect(await statusOfTask(world, action)).toBe('succeeded');
      }
    },
  );

  it('refuses subtasks, and tells which', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    const parent = { id: taskSeed().id, attempt: 1, index: 0, depth: 1 };
    const parts = world.fail(2, { parent });
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' });
    await world.run();
    const { matched, done, refused, refusals } = await world.account(action);
    expect({ matched, done, refused }).toEqual({ matched: 5, done: 3, refused: 2 });
    expect(refusals.subtask?.exampleIds.toSorted()).toEqual(parts.map(({ id }) => id).toSorted());
  });

  it('tells of what somebody else has retried meanwhile', async () => {
    const world = createBulkActionWorld();
    const seeds = world.fail(30);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 5);
    await world.run(2);
    // The oldest is the last in turn.
    const [oldest] = seeds as [TaskSeed];
    await world.ports.store.retry(oldest.tenantId, oldest.id, world.now, world.now);
    await world.run();
    const { matched, done, refused, refusals } = await world.account(action);
    expect({ matched, done, refused }).toEqual({ matched: 30, done: 29, refused: 1 });
    expect(refusals.no_longer_matching?.count).toBe(1);
  });

  it('ends within a step when it is aborted, under way or before', async () => {
    const world = createBulkActionWorld();
    world.fail(50);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 5);
    await world.run(2);
    await world.ports.store.cancel(action.tenantId, action.id, world.now);
    await world.run();
    expect(await statusOfTask(world, action)).toBe('cancelled');
    expect((await world.account(action)).done).toBeLessThan(20);

    const second = await world.ask('retry', { type: 'greet' }, 5);
    let looks = 0;
    const { check } = world.ports.store;
    world.ports.store.check = async (...of) => {
      if (++looks === 3) await world.ports.store.cancel(second.tenantId, second.id, world.now);
      return check.apply(world.ports.store, of);
    };
    await world.run();
    expect(await statusOfTask(world, second)).toBe('cancelled');
    expect((await world.account(second)).done).toBeLessThanOrEqual(10);
  });

  it('is carried out by one of two invocations', async () => {
    const world = createBulkActionWorld();
    const retries = watchRetries(world);
    world.fail(40);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' }, 20);
    await Promise.all([world.run(), world.run()]);
    expect([...retries.values()]).toEqual(Array(40).fill(1));
    expect(await world.account(action)).toMatchObject({ matched: 40, done: 40 });
  });

  it('tries again where nothing answers, and fails in the end', async () => {
    const world = createBulkActionWorld();
    world.fail(3);
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' });
    const store = withOthers(world.ports.store, { list: () => Promise.reject(new Error('no answer')) });
    for (let tries = 0; tries < 25; tries++) {
      await world.run(75, { store });
      world.advance(60);
    }
    expect(await statusOfTask(world, action)).toBe('failed');
    expect(world.logged.some(({ event }) => event === 'bulk action interrupted: its next attempt goes on')).toBe(true);
  });

  it('counts a task whose part of the platform does not answer, and does the others', async () => {
    const world = createBulkActionWorld();
    const [poisoned] = world.fail(4) as [TaskSeed];
    world.advance(1);
    const action = await world.ask('retry', { type: 'greet' });
    const { retry } = world.ports.store;
    world.ports.store.retry = async (tenantId, id, ...more) => {
      if (id === poisoned.id) throw new Error('no answer');
      return retry.call(world.ports.store, tenantId, id, ...more);
    };
    await world.run();
    const { done, refusals } = await world.account(action);
    expect({ done, refusals }).toEqual({ done: 3, refusals: { unavailable: { count: 1, exampleIds: [poisoned.id] } } });
  });
});

/** Makes ports of a process that dies at its n-th write: that one is not made, nor any after it. */
function dyingAt(world: BulkActionWorld, kill: number) {
  let writes = 0;
  const dying =
    <Args extends unknown[], Result>(write: (...of: Args) => Promise<Result>) =>
    (...of: Args): Promise<Result> =>
      ++writes >= kill ? Promise.reject(new Error('killed')) : write(...of);
  const { store } = world.ports;
  const dead = withOthers(store, {
    claim: dying(store.claim.bind(store)),
    settle: dying(store.settle.bind(store)),
    retry: dying(store.retry.bind(store)),
    cancel: dying(store.cancel.bind(store)),
  });
  const { bulkActions } = world;
  const { get, save } = bulkActions;
  const { deletions } = world.ports;
  const ofDeletions = withOthers(deletions, {
    begin: dying(deletions.begin.bind(deletions)),
    finish: dying(deletions.finish.bind(deletions)),
  });
  return {
    store: dead,
    deletions: ofDeletions,
    bulkActions: { get: get.bind(bulkActions), save: dying(save.bind(bulkActions)) },
  };
}
