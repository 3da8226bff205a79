import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { greet, invoke, read, submit } from '../../../doubles/executor-world.ts';
import { createWorld } from '../../../doubles/world.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an attempt under way', () => {
  it('tells its progress every five seconds, the latest of it, and nothing where nothing is new', async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const world = createWorld([
      greet(async (_, ctx) => {
        ctx.progress(0.1, 'begun');
        ctx.progress(7);
        return promise;
      }),
    ]);
    const seed = await submit(world);
    const told: unknown[] = [];
    const check = world.ports.store.check.bind(world.ports.store);
    Object.assign(world.ports.store, {
      check: (...[task, heartbeat]: Parameters<typeof check>) => {
        told.push(heartbeat?.progress);
        return check(task, heartbeat);
      },
    });
    const invocation = invoke(world);
    await vi.advanceTimersByTimeAsync(4_900);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(await read(world, seed)).toMatchObject({ status: 'running', progress: { fraction: 1 } });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(told).toEqual([{ fraction: 1 }]);
    resolve(null);
    await vi.advanceTimersByTimeAsync(1_000);
    await invocation;
    expect(await read(world, seed)).not.toHaveProperty('progress');
  });

  it.each(['obeys', 'ignores'])('that is cancelled ends within five seconds, whether it %s its signal', async (how) => {
    const world = createWorld([
      greet((_, { signal }) =>
        how === 'ignores'
          ? new Promise(() => {})
          : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    ]);
    const seed = await submit(world);
    const invocation = invoke(world);
    await vi.advanceTimersByTimeAsync(10);
    expect(await world.ports.store.cancel(seed.tenantId, seed.id, world.now)).toMatchObject({ result: 'requested' });
    await vi.advanceTimersByTimeAsync(5_100);
    expect(await invocation).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'cancelled', attempt: 1 });
    expect(world.queue.messages.size).toBe(0);
  });

  it('that has lost its task ends, and settles nothing', async () => {
    const world = createWorld([greet(() => new Promise(() => {}))]);
    const seed = await submit(world);
    const invocation = invoke(world);
    await vi.advanceTimersByTimeAsync(10);
    const lease = { token: world.ports.ids.leaseToken(), expiresAt: world.now + 90_000 };
    const later = await world.ports.store.claim(seed, lease, world.now + 60_000);
    expect(later).toMatchObject({ result: 'claimed' });
    await vi.advanceTimersByTimeAsync(5_100);
    await invocation;
    expect(await read(world, seed)).toMatchObject({ status: 'running', attempt: 2, leaseToken: lease.token });
  });

  it('goes on where its task cannot be looked after', async () => {
    const { promise, resolve } = Promise.withResolvers<null>();
    const world = createWorld([greet(() => promise)]);
    const seed = await submit(world);
    Object.assign(world.ports.store, { check: () => Promise.reject(new Error('throttled')) });
    const invocation = invoke(world);
    await vi.advanceTimersByTimeAsync(5_100);
    resolve(null);
    await vi.advanceTimersByTimeAsync(1_000);
    await invocation;
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'cancel check failed' }));
  });

  it('runs on many items at a time, as many as it says, until it is aborted', async () => {
    let running = 0;
    let most = 0;
    const world = createWorld([
      greet((_, ctx) =>
        ctx.map(
          [3, 1, 2],
          async (item, index) => {
            most = Math.max(most, ++running);
            await Promise.resolve();
            running--;
            return [item, index];
          },
          2,
        ),
      ),
    ]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({
      output: {
        inline: [
          [3, 0],
          [1, 1],
          [2, 2],
        ],
      },
    });
    expect(most).toBe(2);
  });
});
