import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TaskFailure } from '../../../functions/core/define-task.ts';
import { GRACE_MILLISECONDS } from '../../../functions/executor/executor-ports.ts';
import { bulk, bulkSeed, doubled, sent, standings } from '../../doubles/bulk-world.ts';
import { invoke, read } from '../../doubles/executor-world.ts';
import { tenant } from '../../doubles/task-seed.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, number) => bulkSeed(number));

describe('a batch that takes long', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes on when one of its tasks is cancelled, which ends cancelled', async () => {
    const tasks = seeds(3);
    let aborted: boolean | undefined;
    const world = await sent(
      bulk(async (items, ctx) => {
        await new Promise((resolve) => setTimeout(resolve, 8_000));
        aborted = ctx.signal.aborted;
        return doubled(items, ctx);
      }),
      tasks,
    );
    const invoked = invoke(world);
    await vi.advanceTimersByTimeAsync(1_000);
    await world.ports.store.cancel(tenant('acme'), tasks[1]?.id ?? bulkSeed(0).id, world.now);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(await invoked).toEqual([]);
    expect(aborted).toBe(false);
    expect(await standings(world, tasks)).toEqual([0, 'cancelled', 4]);
  });

  it('is looked after with one read for all of its tasks', async () => {
    const tasks = seeds(5);
    const { promise, resolve } = Promise.withResolvers<number[]>();
    const world = await sent(
      bulk(() => promise),
      tasks,
    );
    const reads: number[] = [];
    const { store } = world.ports;
    const checkAll = store.checkAll.bind(store);
    Object.assign(store, {
      check: () => Promise.reject(new Error('one by one')),
      checkAll: (all: Parameters<typeof checkAll>[0]) => {
        reads.push(all.length);
        return checkAll(all);
      },
    });
    const invoked = invoke(world);
    await vi.advanceTimersByTimeAsync(6_000);
    await store.cancel(tenant('acme'), tasks[0]?.id ?? bulkSeed(0).id, world.now);
    await vi.advanceTimersByTimeAsync(10_000);
    resolve([0, 1, 2, 3, 4]);
    await vi.advanceTimersByTimeAsync(1_000);
    await invoked;
    // What has been cancelled is not looked at again.
    expect(reads.slice(0, 3)).toEqual([5, 5, 4].slice(0, reads.length));
    expect(reads.length).toBeGreaterThan(0);
  });

  it('is aborted when all of its tasks are cancelled', async () => {
    const tasks = seeds(2);
    const world = await sent(
      bulk(() => new Promise(() => {})),
      tasks,
    );
    const invoked = invoke(world);
    await vi.advanceTimersByTimeAsync(1_000);
    for (const { tenantId, id } of tasks) await world.ports.store.cancel(tenantId, id, world.now);
    await vi.advanceTimersByTimeAsync(5_000);
    await invoked;
    expect(await standings(world, tasks)).toEqual(['cancelled', 'cancelled']);
  });

  it('keeps the outcomes that have come, where one that it waits for never does', async () => {
    const tasks = [bulkSeed(0, { timeoutSeconds: 2 }), bulkSeed(1), bulkSeed(2)];
    const world = await sent(
      bulk(
        async (items) =>
          items.map(async ({ input: { number } }) => {
            if (number === 1) return new Promise(() => {});
            if (number === 2) throw new TaskFailure('no_luck', 'it did not work');
            return number;
          }) as never,
      ),
      tasks,
    );
    const running = invoke(world);
    await vi.advanceTimersByTimeAsync(2_000 + GRACE_MILLISECONDS + 100);
    await running;
    expect(await standings(world, tasks)).toEqual([0, 'queued: timeout', 'failed: no_luck']);
  });

  it('ends at the shortest of its timeouts, for all that have no outcome soon after', async () => {
    const tasks = [bulkSeed(0, { timeoutSeconds: 2 }), bulkSeed(1)];
    const world = await sent(
      bulk(() => new Promise(() => {})),
      tasks,
    );
    const invoked = invoke(world);
    await vi.advanceTimersByTimeAsync(2_000 + GRACE_MILLISECONDS);
    await invoked;
    expect(await standings(world, tasks)).toEqual(['queued: timeout', 'queued: timeout']);
    expect(await read(world, tasks[1] ?? bulkSeed(0))).toMatchObject({
      error: { message: 'the attempt took longer than 2 s', retryable: true },
    });
  });

  it('keeps the outcomes that its handler knows at the timeout', async () => {
    const tasks = seeds(4);
    const world = await sent(
      bulk(async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return ['done', signal.reason, new DOMException('aborted', 'AbortError'), new TaskFailure('full', 'no more')];
      }),
      tasks,
    );
    const invoked = invoke(world);
    await vi.advanceTimersByTimeAsync(10_000);
    await invoked;
    expect(await standings(world, tasks)).toEqual(['done', 'queued: timeout', 'queued: timeout', 'failed: full']);
  });
});
