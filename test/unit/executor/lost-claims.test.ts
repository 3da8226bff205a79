import { describe, expect, it, vi } from 'vitest';
import { newTask, type TaskSeed } from '../../../functions/core/task/task.ts';
import { bulk, bulkSeed, doubled, standings } from '../../doubles/bulk-world.ts';
import { hello, invoke, metrics, read, submit } from '../../doubles/executor-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

/** Has so many claims done without an answer, or refused before they are done. */
function breakClaims({ ports: { store } }: World, failures: number, isDone: boolean): void {
  const claim = store.claim.bind(store);
  let left = failures;
  store.claim = async (...args) => {
    if (left-- <= 0) return claim(...args);
    if (isDone) await claim(...args);
    throw new Error('no answer came');
  };
}

describe('a claim whose answer is lost', () => {
  it.each([
    [1, true],
    [4, true],
    [4, false],
  ])('spends no attempt: %i times (done: %s)', async (failures, isDone) => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    breakClaims(world, failures, isDone);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(metrics(world)).not.toContain('platformFailed');
  });

  it('spends none of those that are claimed together', async () => {
    const world = createWorld([bulk(doubled)]);
    const seeds = [1, 2, 3].map((number) => bulkSeed(number, { maxAttempts: 1 }));
    await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
    breakClaims(world, 3, true);
    await invoke(world);
    expect(await standings(world, seeds)).toEqual([2, 4, 6]);
  });

  it('leaves the whole timeout to the handler, or gives up', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const started = world.now;
    breakClaims(world, 1_000, false);
    expect(await invoke(world)).toHaveLength(1);
    expect(world.now - started).toBeLessThanOrEqual(10_000);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
    expect(metrics(world)).toEqual(['accepted', 'platformFailed']);
  });
});

it('a task that ends without a run takes the time of its executor, not that of an attempt before', async () => {
  for (const isCancelled of [true, false]) {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    await world.ports.store.claim(seed, { token: 'lost' as never, expiresAt: world.now }, world.now);
    if (isCancelled) await world.ports.store.cancel(seed.tenantId, seed.id, world.now);
    const settle = vi.spyOn(world.ports.store, 'settle');
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: isCancelled ? 'cancelled' : 'failed' });
    expect(settle.mock.calls.map(([, , usage]) => usage?.executorMilliseconds)).toEqual([expect.any(Number)]);
  }
});

describe('a task whose last attempt had no end', () => {
  const abandoned = async (maxAttempts: number): Promise<{ world: World; seed: TaskSeed }> => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts }));
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      await world.ports.store.claim(seed, { token: `lost-${attempt}` as never, expiresAt: world.now }, world.now);
    }
    return { world, seed };
  };

  it.each([1, 2, 5])('fails as executor_lost, and shows no more attempts than %i', async (maxAttempts) => {
    const { world, seed } = await abandoned(maxAttempts);
    expect(await invoke(world)).toEqual([]);
    const { body } = await callApi(world, `GET /api/tasks/${seed.id}`);
    expect(body).toMatchObject({
      status: 'failed',
      attempt: maxAttempts,
      maxAttempts,
      error: { code: 'executor_lost' },
    });
    const attempts = world.annotated.filter(({ task_id }) => task_id !== undefined);
    expect(attempts).toEqual([expect.objectContaining({ task_status: 'failed', error: 'executor_lost' })]);
    expect(world.queue.messages.size).toBe(0);
  });

  it('is not settled twice where the one that was given up ends it after all', async () => {
    const { world, seed } = await abandoned(1);
    const { store } = world.ports;
    const settle = store.settle.bind(store);
    const task = await read(world, seed);
    if (task?.status !== 'running') throw new Error(task?.status);
    store.settle = async (...args) => {
      await settle(task, { status: 'succeeded', output: { inline: 'late' }, finishedAt: world.now });
      return settle(...args);
    };
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('runs again where an old message of it comes after a retry has given it more attempts', async () => {
    const { world, seed } = await abandoned(1);
    await invoke(world);
    await callApi(world, `POST /api/tasks/${seed.id}/retry`);
    world.queue.messages.clear();
    const { store } = world.ports;
    await store.claim(seed, { token: 'lost' as never, expiresAt: world.now }, world.now);
    expect(await read(world, seed)).toMatchObject({ attempt: 2, maxAttempts: 2 });
    await world.ports.queue.send(newTask(seed), 0);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'executor_lost' } });
  });
});
