import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../../../../functions/core/ports.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { handleBatch } from '../../../../functions/executor/handle-batch.ts';
import { read, submit } from '../../../doubles/executor-world.ts';
import { invoke, makeWorld, pass } from '../../../doubles/long-attempts.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import type { World } from '../../../doubles/world.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it('the messages of a long invocation stay hidden, a short while at a time', async () => {
  const world = makeWorld(() => new Promise((resolve) => setTimeout(() => resolve('hello'), 40_000)));
  const seed = await submit(world, taskSeed({ timeoutSeconds: 50 }));
  const hidden: number[] = [];
  const { done } = invoke(world);
  for (let second = 0; second < 39; second++) {
    await pass(world, 1);
    hidden.push(...[...world.queue.messages.values()].map(({ visibleAt }) => (visibleAt - world.now) / 1000));
  }
  expect(Math.max(...hidden)).toBeLessThanOrEqual(25);
  expect(Math.min(...hidden)).toBeGreaterThan(17);
  await pass(world, 2);
  await done;
  expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

describe('the lease of a long attempt', () => {
  const long = () => makeWorld(() => new Promise((resolve) => setTimeout(() => resolve('hello'), 40_000)));
  const leaseOf = async (world: World, seed: TaskSeed): Promise<number> => {
    const task = await read(world, seed);
    return task?.status === 'running' ? (task.leaseExpiresAt - world.now) / 1000 : Number.NaN;
  };

  it('is renewed while the attempt goes on, so that nobody else claims, and ends soon after its executor', async () => {
    const world = long();
    const seed = await submit(world, taskSeed({ timeoutSeconds: 50 }));
    const { done } = invoke(world);
    const left: number[] = [];
    for (let second = 0; second < 39; second++) {
      await pass(world, 1);
      left.push(await leaseOf(world, seed));
    }
    expect(Math.max(...left)).toBeLessThanOrEqual(18);
    expect(Math.min(...left)).toBeGreaterThan(5);
    await pass(world, 2);
    await done;
  });

  it('costs a write for each ten seconds, and nothing before the first ten', async () => {
    const world = long();
    await submit(world, taskSeed({ timeoutSeconds: 50 }));
    let writes = 0;
    const check = world.ports.store.check.bind(world.ports.store);
    world.ports.store.check = (task, heartbeat) => {
      if (heartbeat?.leaseExpiresAt !== undefined) writes++;
      return check(task, heartbeat);
    };
    const { done } = invoke(world);
    await pass(world, 9);
    expect(writes).toBe(0);
    await pass(world, 32);
    await done;
    expect(writes).toBe(4);
  });

  it('is renewed at the next look where it could not be at one', async () => {
    const world = long();
    const seed = await submit(world, taskSeed({ timeoutSeconds: 50 }));
    const check = world.ports.store.check.bind(world.ports.store);
    let refused = 0;
    world.ports.store.check = (task, heartbeat) =>
      heartbeat?.leaseExpiresAt !== undefined && refused++ === 0
        ? Promise.reject(new Error('throttled'))
        : check(task, heartbeat);
    const { done } = invoke(world);
    await pass(world, 14);
    expect(await leaseOf(world, seed)).toBeLessThan(5);
    await pass(world, 2);
    expect(await leaseOf(world, seed)).toBeGreaterThan(15);
    await pass(world, 25);
    await done;
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it.each([50, 290])(
    'of an attempt that may take %i s: its task runs again within 30 s of a kill',
    async (timeoutSeconds) => {
      const world = long();
      const seed = await submit(world, taskSeed({ timeoutSeconds }));
      // What is killed makes no more calls.
      const { store, deliveries } = world.ports;
      const halted = new Set<string>();
      const ports = {
        ...world.ports,
        store: new Proxy(store, { get: (target, name) => haltable(target, name, halted) }),
        deliveries: new Proxy(deliveries, { get: (target, name) => haltable(target, name, halted) }),
      };
      const given: Delivery[] = world.queue.deliver();
      void handleBatch(given, 300, ports);
      await pass(world, 33);
      halted.add('killed');
      const killedAt = world.now;
      let again: number | undefined;
      while (again === undefined && world.now - killedAt < 60_000) {
        await pass(world, 1);
        const messages = world.queue.deliver();
        if (messages.length > 0) void handleBatch(messages, 300, world.ports);
        await pass(world, 0.1);
        if ((await read(world, seed))?.attempt === 2) again = (world.now - killedAt) / 1000;
      }
      expect(again).toBeLessThanOrEqual(27);
      expect(again).toBeGreaterThan(5);
    },
  );
});

function haltable<T extends object>(target: T, name: string | symbol, halted: ReadonlySet<string>): unknown {
  const member: unknown = Reflect.get(target, name, target);
  if (typeof member !== 'function') return member;
  return (...args: unknown[]) => (halted.size > 0 ? new Promise(() => {}) : member.apply(target, args));
}
