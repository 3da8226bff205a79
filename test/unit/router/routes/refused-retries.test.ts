import { beforeEach, describe, expect, it } from 'vitest';
import { isFinished, type Task, type TaskSeed } from '../../../../functions/core/task/task.ts';
import { greet, invoke, read, submit } from '../../../doubles/executor-world.ts';
import { retry } from '../../../doubles/retry-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const LARGE = 'x'.repeat(1_000);

let world: World;
let seed: TaskSeed;
beforeEach(async () => {
  world = createWorld([
    greet(async ({ name }, ctx) => (name === 'Ada' ? ctx.fail('ada', 'not Ada') : { greeting: name })),
  ]);
  seed = await submit(world, taskSeed({ maxAttempts: 1 }));
});

const payloads = (): string[] => {
  const found: string[] = [];
  world.payloads.lose((ref) => {
    found.push(ref);
    return false;
  });
  return found;
};
const inputs = async () => (await callApi(world, `GET /api/tasks/${seed.id}/inputs`)).body.items;
const ended = async (): Promise<Task> => {
  await invoke(world);
  const task = await read(world, seed);
  if (task === undefined || !isFinished(task)) throw new Error('it has not ended');
  return task;
};

describe('a retry that is refused', () => {
  it('keeps nothing of the input that it brought', async () => {
    expect((await retry(world, seed, { input: { name: LARGE } })).status).toBe(409);
    expect(payloads()).toEqual([]);
    await ended();
    expect((await retry(world, seed, { input: { name: LARGE } })).status).toBe(202);
    expect(payloads()).toHaveLength(1);
    expect((await retry(world, seed, { input: { name: `${LARGE}y` } })).status).toBe(409);
    expect(payloads()).toHaveLength(1);
  });

  it('is 404 where the task was deleted meanwhile', async () => {
    await ended();
    const { store } = world.ports;
    const again = store.retry.bind(store);
    store.retry = async (...of) => {
      await callApi(world, `DELETE /api/tasks/${seed.id}`);
      return again(...of);
    };
    expect(await retry(world, seed)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('says so where the task has ended in another life meanwhile', async () => {
    const failed = await ended();
    const { store } = world.ports;
    const { retry: again } = store;
    store.retry = async () => ({ result: 'refused', task: failed });
    const { status, body } = await retry(world, seed);
    expect(status).toBe(409);
    expect(body.detail).toBe(`task ${seed.id} has just become something else: look at it again`);
    store.retry = again;
  });
});

describe('inputs that were replaced', () => {
  it('are all kept, and all deleted, where one of them was never run', async () => {
    await ended();
    expect((await retry(world, seed, { input: { name: LARGE } })).status).toBe(202);
    await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    world.advance(1);
    expect((await retry(world, seed, { input: { name: 'Grace' } })).status).toBe(202);
    expect(await inputs()).toMatchObject([
      { attempt: 1, input: { name: 'Ada' } },
      { attempt: 1, input: { name: LARGE } },
    ]);
    await ended();
    // An item of a table is found by its name alone.
    world.ports.payloads.remove = async (_tenant, _task, refs) => world.payloads.lose((ref) => refs.includes(ref));
    expect((await callApi(world, `DELETE /api/tasks/${seed.id}`)).status).toBe(200);
    expect(payloads()).toEqual([]);
    expect(await world.ports.history.entries(seed.tenantId, seed.id)).toEqual([]);
  });

  it('are one where a retry was asked for twice', async () => {
    await ended();
    const { store } = world.ports;
    const again = store.retry.bind(store);
    store.retry = () => Promise.reject(new Error('no answer'));
    expect((await retry(world, seed, { input: { name: 'Grace' } })).status).toBe(503);
    store.retry = again;
    expect((await retry(world, seed, { input: { name: 'Grace' } })).status).toBe(202);
    expect(await inputs()).toMatchObject([{ attempt: 1, input: { name: 'Ada' } }]);
  });
});
