import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import { dueTasks } from '../../doubles/due-tasks.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { makeSum, part, runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

describe('a task that waits for its subtasks', () => {
  const started = async () => {
    const { sum, combined } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    await invoke(world);
    return { world, seed, combined };
  };

  it('is cancelled with all of them', async () => {
    const { world, seed, combined } = await started();
    const { status } = await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    expect(status).toBe(202);
    expect(await read(world, seed)).toMatchObject({ status: 'cancelled' });
    expect((await subtasksOf(world, seed)).map((task) => task.status)).toEqual(['cancelled', 'cancelled']);
    await runDry(world);
    expect(combined).toEqual([]);
  });

  it('is cancelled with all of them by the sweeper, where the router could not', async () => {
    const { world, seed } = await started();
    await world.ports.store.cancel(seed.tenantId, seed.id, world.now);
    expect((await subtasksOf(world, seed)).map((task) => task.status)).toEqual(['queued', 'queued']);
    world.advance(61);
    await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
    expect((await subtasksOf(world, seed)).map((task) => task.status)).toEqual(['cancelled', 'cancelled']);
    expect(await dueTasks(world.ports.store, Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it('lists them page by page', async () => {
    const { world, seed } = await started();
    const first = await callApi(world, `GET /api/tasks/${seed.id}/subtasks?limit=1`);
    expect(first.body).toMatchObject({ items: [{ type: 'part', parentId: seed.id }] });
    const cursor = String((first.body as { nextCursor: string }).nextCursor);
    const second = await callApi(world, `GET /api/tasks/${seed.id}/subtasks?limit=1&cursor=${cursor}`);
    expect(second.body).toMatchObject({ items: [{ type: 'part' }], nextCursor: null });
    const wrong = await callApi(world, `GET /api/tasks/${seed.id}/subtasks?cursor=${cursor.slice(1)}`);
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('is shown with how many there are', async () => {
    const { world, seed } = await started();
    const { body } = await callApi(world, `GET /api/tasks/${seed.id}`);
    expect(body).toMatchObject({ status: 'waiting', subtaskCount: 2 });
  });
});

describe('a subtask', () => {
  it('is retried with its parent, under its id', async () => {
    const { sum, combined } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([null]));
    await runDry(world);
    const [failed] = await subtasksOf(world, seed);
    expect((await callApi(world, `POST /api/tasks/${seed.id}/retry`)).status).toBe(202);
    const again = await callApi(world, `POST /api/tasks/${failed?.id}/retry`);
    expect(again).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', fanOut: { attempt: 2, count: 1, madeIn: 1 } });
    expect((await subtasksOf(world, seed))[0]).toMatchObject({ id: failed?.id, attempt: 2 });
    expect(combined).toEqual([]);
  });

  it('that is cancelled by itself lets its parent know', async () => {
    const { sum } = makeSum('collect');
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    await invoke(world);
    const [first] = await subtasksOf(world, seed);
    await callApi(world, `POST /api/tasks/${first?.id}/cancel`);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 2 } });
  });

  it('runs even where its row was never written, and knows its parent from its message', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = sumOf([4]);
    await world.ports.queue.send(seed, 0);
    expect(newTask(seed)).not.toHaveProperty('parent');
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 4 } });
  });
});
