import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { bulk, bulkSeed, doubled } from '../../../doubles/bulk-world.ts';
import { greet, invoke, read, submit } from '../../../doubles/executor-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';

/** Lets an executor claim tasks and end, so that their messages come again. */
async function lost(world: World, seeds: readonly TaskSeed[]): Promise<void> {
  for (const seed of seeds) await submit(world, seed);
  world.queue.deliver();
  for (const seed of seeds) {
    const lease = { token: world.ports.ids.leaseToken(), expiresAt: world.now + 25_000 };
    await world.ports.store.claim(seed, lease, world.now);
  }
  world.advance(400);
}

it('tasks of a lost executor run one after another, and others beside each other', async () => {
  const running = new Set<string>();
  const most = { lost: 0, others: 0 };
  const seeds = Array.from({ length: 4 }, () => taskSeed());
  const others = Array.from({ length: 3 }, () => taskSeed());
  const isLost = (id: string): boolean => seeds.some((seed) => seed.id === id);
  const world = createWorld([
    greet(async (_, { task: { id } }) => {
      running.add(id);
      const kind = isLost(id) ? 'lost' : 'others';
      most[kind] = Math.max(most[kind], running.size);
      await sleep(20);
      running.delete(id);
      return null;
    }),
  ]);
  await lost(world, seeds);
  for (const seed of others) await submit(world, seed);
  expect(await invoke(world)).toEqual([]);
  expect(most).toEqual({ lost: 1, others: 3 });
  for (const seed of seeds) expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  for (const seed of others) expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

it('that of them which ends its executor again spends no attempt of those behind it', async () => {
  const seeds = Array.from({ length: 4 }, () => taskSeed());
  const [culprit] = seeds;
  const world = createWorld([
    // An executor that ends returns nothing.
    greet((_, { task: { id } }) => (id === culprit?.id ? new Promise(() => {}) : Promise.resolve(null))),
  ]);
  await lost(world, seeds);
  void invoke(world);
  await sleep(50);
  expect(await read(world, seeds[0] ?? taskSeed())).toMatchObject({ status: 'running', attempt: 2 });
  for (const seed of seeds.slice(1)) expect(await read(world, seed)).toMatchObject({ status: 'running', attempt: 1 });
});

it('tasks of a batch that was lost are each in a call of their own', async () => {
  const calls: number[] = [];
  const seeds = Array.from({ length: 3 }, (_, number) => bulkSeed(number));
  const world = createWorld([
    bulk((items, ctx) => {
      calls.push(items.length);
      return doubled(items, ctx);
    }),
  ]);
  await lost(world, seeds);
  await invoke(world);
  expect(calls).toEqual([1, 1, 1]);
});

it('where they cannot be looked for, they begin together', async () => {
  const seeds = Array.from({ length: 2 }, () => taskSeed());
  const world = createWorld([greet(async () => null)]);
  await lost(world, seeds);
  Object.assign(world.ports.store, { getAll: () => Promise.reject(new Error('throttled')) });
  await invoke(world);
  for (const seed of seeds) expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect(world.logged).toContainEqual(
    expect.objectContaining({ event: 'tasks of lost executors not looked for: they begin together' }),
  );
});
