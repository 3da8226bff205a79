import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import { greet, read, submit } from '../../doubles/executor-world.ts';
import { invoke, makeWorld, pass, playTimers, receiveSlowly, SECONDS, statuses } from '../../doubles/long-attempts.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

playTimers();

describe('an executor that fills its places', () => {
  it('gives its free places once, however long what it has received takes to begin', async () => {
    const world = makeWorld();
    receiveSlowly(world);
    const getAll = world.ports.store.getAll.bind(world.ports.store);
    world.ports.store.getAll = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      return getAll(...args);
    };
    await submit(world);
    const { done } = invoke(world);
    for (let count = 0; count < 30; count++) await submit(world);
    // They come again, so their rows are looked at before they begin.
    for (const message of world.queue.messages.values()) if (message.visibleAt <= world.now) message.receiveCount = 1;
    await pass(world, SECONDS - 0.5);
    expect(world.received).toEqual([9]);
    await pass(world, 4 * SECONDS);
    await done;
    expect(world.queue.messages.size).toBe(0);
  });

  it('takes nothing where it has one place, not while the outcome of its task is kept either', async () => {
    const world = makeWorld();
    const settle = world.ports.store.settle.bind(world.ports.store);
    world.ports.store.settle = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return settle(...args);
    };
    const demanding = () =>
      submit(world, taskSeed({ resourceClass: 'memory-intensive', executorKey: 'memory-intensive/normal/0' }));
    const first = await demanding();
    const { state, done } = invoke(world, 300);
    const other = await demanding();
    await pass(world, SECONDS + 1.5);
    expect(state.kept).toEqual([]);
    await done;
    expect(world.received).toEqual([]);
    expect(await statuses(world, [first, other])).toEqual(['succeeded', 'queued']);
  });

  it('deletes the first messages too where it receives others as the first task ends', async () => {
    const world = makeWorld();
    receiveSlowly(world);
    const began = world.now;
    const discarded: number[] = [];
    const discard = world.ports.deliveries.discard.bind(world.ports.deliveries);
    world.ports.deliveries.discard = (deliveries) => {
      discarded.push(...deliveries.map(() => Math.round((world.now - began) / 1000)));
      return discard(deliveries);
    };
    const receive = world.queue.receive.bind(world.queue);
    world.queue.receive = async (name, options) => {
      // SQS waits for a message, and meanwhile the first task ends.
      if (world.now - began > 7_000 && world.now - began < SECONDS * 1000)
        await new Promise((resolve) => setTimeout(resolve, 500));
      return receive(name, options);
    };
    await submit(world);
    const { done } = invoke(world);
    await pass(world, SECONDS - 0.1);
    await submit(world);
    await pass(world, 2);
    expect(world.queue.messages.size).toBe(1);
    await pass(world, 2 * SECONDS);
    await done;
    expect(discarded).toHaveLength(2);
    expect(world.queue.messages.size).toBe(0);
  });

  it('runs alone what may have ended its last executor', async () => {
    const beside: number[] = [];
    let underWay = 0;
    const world = makeWorld(async () => {
      beside.push(underWay++);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      underWay--;
      return 'hello';
    });
    await submit(world);
    const { done } = invoke(world);
    const suspect = await submit(world);
    const lease = { token: 'of-a-killed-one' as never, expiresAt: world.now };
    await world.ports.store.claim(suspect, lease, world.now);
    for (const message of world.queue.messages.values()) if (message.visibleAt <= world.now) message.receiveCount = 1;
    await pass(world, 2);
    await submit(world);
    await pass(world, 12);
    await done;
    expect(await read(world, suspect)).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(beside[1]).toBe(0);
  });

  it('begins nothing beside what runs alone, whatever was received before', async () => {
    const beside = new Map<string, number>();
    let underWay = 0;
    const world = createWorld([
      greet(async (_, { task }) => {
        beside.set(task.id, underWay++);
        await new Promise((resolve) => setTimeout(resolve, beside.size === 1 ? 1_050 : 3_000));
        underWay--;
        return 'hello';
      }),
    ]);
    const suspects: TaskSeed[] = [];
    const getAll = world.ports.store.getAll.bind(world.ports.store);
    world.ports.store.getAll = async (tenantId, ids, now) => {
      const isSuspect = ids.some((id) => id === suspects[0]?.id);
      await new Promise((resolve) => setTimeout(resolve, isSuspect ? 10 : 500));
      return getAll(tenantId, ids, now);
    };
    const receive = world.queue.receive.bind(world.queue);
    world.queue.receive = (name, options) => receive(name, { ...options, most: 1 });
    await submit(world);
    const { done } = invoke(world);
    suspects.push(await submit(world));
    for (const suspect of suspects)
      await world.ports.store.claim(suspect, { token: 'of-a-killed-one' as never, expiresAt: world.now }, world.now);
    const others = [await submit(world), await submit(world)];
    for (const message of world.queue.messages.values()) if (message.visibleAt <= world.now) message.receiveCount = 1;
    await pass(world, 15);
    await done;
    expect(await statuses(world, [...suspects, ...others])).toEqual(Array(3).fill('succeeded'));
    expect(suspects.map(({ id }) => beside.get(id))).toEqual([0]);
    expect(others.map(({ id }) => beside.get(id))).toEqual([0, 1]);
  });
});
