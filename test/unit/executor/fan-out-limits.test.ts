import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage, encodeTask } from '../../../functions/core/task/message.ts';
import { type RunningTask, seedOf } from '../../../functions/core/task/task.ts';
import type { TenantLimits } from '../../../functions/core/tenant/tenant-limits.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { makeSum, part, runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

const TEN = Array.from({ length: 10 }, (_, number) => number);

/** Submits a task of a limited key that fans out into ten, with one attempt. */
async function fanning(limits: TenantLimits, openTasks = 1) {
  const { sum } = makeSum();
  const world = createWorld([sum, part]);
  world.openTasks = openTasks;
  const seed = await submit(world, sumOf(TEN, { limits }));
  const refused = () => world.logged.filter(({ event }) => event === 'fan-out not let in').length;
  return { world, seed, refused };
}

describe('a fan-out of a key that may have so many open tasks', () => {
  it('is let in where its subtasks fit beside the others', async () => {
    const { world, seed } = await fanning({ maxOpenTasks: 11 });
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 45 } });
  });

  it('waits until they do, for longer than it has attempts, and takes none of them', async () => {
    const { world, seed, refused } = await fanning({ maxOpenTasks: 50 }, 41);
    for (let minutes = 0; minutes < 5; minutes++) {
      await invoke(world);
      expect(await read(world, seed)).toMatchObject({
        status: 'queued',
        error: { code: 'rate_limited', retryable: true, message: expect.stringContaining('41 are open') },
      });
      expect(await subtasksOf(world, seed)).toEqual([]);
      world.advance(60);
    }
    expect(refused()).toBe(5);
    world.openTasks = 40;
    await runDry(world);
    const task = await read(world, seed);
    expect(task).toMatchObject({ status: 'succeeded', output: { inline: 45 } });
    expect(task?.attempt).toBeLessThanOrEqual(task?.maxAttempts ?? 0);
  });

  it('fails where they never can, and says what would', async () => {
    const { world, seed } = await fanning({ maxOpenTasks: 10 });
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({
      status: 'failed',
      error: { code: 'rate_limited', retryable: false, message: expect.stringContaining('10 open tasks') },
    });
    expect(await subtasksOf(world, seed)).toEqual([]);
  });

  it('can be cancelled while it waits', async () => {
    const { world, seed } = await fanning({ maxOpenTasks: 50 }, 50);
    await invoke(world);
    expect((await callApi(world, `POST /api/tasks/${seed.id}/cancel`)).body).toMatchObject({ status: 'cancelled' });
  });
});

describe('fan-outs of a key with a rate', () => {
  it('count as so many submits: one is let in, and the next when that many would have been', async () => {
    const { world, seed } = await fanning({ ratePerSecond: 1 });
    const next = await submit(world, sumOf(TEN, { limits: { ratePerSecond: 1 } }));
    await invoke(world);
    const standing = async () => [(await read(world, seed))?.status, (await read(world, next))?.status];
    expect(await standing()).toEqual(['waiting', 'queued']);
    expect(await read(world, next)).toMatchObject({ notBefore: world.now + 10_000, error: { code: 'rate_limited' } });
    world.advance(9);
    await invoke(world);
    expect((await standing())[1]).toBe('queued');
    world.advance(1);
    await runDry(world);
    expect(await standing()).toEqual(['succeeded', 'succeeded']);
  });

  it('of other tenants, and of keys without one, do not wait', async () => {
    const { world, seed } = await fanning({ ratePerSecond: 1 });
    const others = [await submit(world, sumOf(TEN, { tenantId: 'other' as never, limits: { ratePerSecond: 1 } }))];
    others.push(await submit(world, sumOf(TEN)));
    await invoke(world);
    for (const one of [seed, ...others]) expect(await read(world, one)).toMatchObject({ status: 'waiting' });
  });
});

it('the limits of a key travel with its task, to the subtasks of its subtasks', async () => {
  const { sum } = makeSum();
  const world = createWorld([sum, part]);
  const caller = { tenantId: 'acme', scopes: 'submit read', ratePerSecond: 2, maxOpenTasks: 500 };
  const limits = { ratePerSecond: 2, maxOpenTasks: 500 };
  await callApi(world, 'POST /api/tasks', { body: { type: 'sum', input: { numbers: [1] } }, caller });
  const [message] = world.queue.messages.values();
  const decoded = decodeMessage(message?.body ?? '');
  if (decoded.result !== 'tasks') throw new Error(decoded.result);
  const [seed] = decoded.tasks;
  expect(seed).toMatchObject({ limits });
  if (seed === undefined) return;
  expect(decodeMessage(encodeMessage([encodeTask(seedOf(seed))]))).toEqual(decoded);
  await invoke(world);
  expect((await subtasksOf(world, seed)) as readonly Partial<RunningTask>[]).toMatchObject([{ limits }]);
});

it('a fan-out whose limits nobody can tell is let in, and it is logged', async () => {
  const { world, seed } = await fanning({ maxOpenTasks: 11 });
  Object.assign(world.ports, { usage: { openTasks: () => Promise.reject(new Error('throttled')) } });
  await invoke(world);
  expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
  expect(world.logged.map(({ event }) => event)).toContain('limits of a fan-out not known: it is let in');
});
