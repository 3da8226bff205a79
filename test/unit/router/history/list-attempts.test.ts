import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { greet, hello, invoke, read, submit } from '../../../doubles/executor-world.ts';
import { makeSum, part, runDry, subtasksOf, sumOf } from '../../../doubles/fan-out-world.ts';
import { at, ended, makeWorld, retry } from '../../../doubles/retry-world.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const attemptsOf = async (world: World, { id }: TaskSeed) => {
  const { status, body } = await callApi(world, `GET /api/tasks/${id}/attempts`);
  expect(status).toBe(200);
  return body.items as readonly Record<string, unknown>[];
};

const outcomesOf = async (world: World, seed: TaskSeed) =>
  (await attemptsOf(world, seed)).map(({ number, outcome }) => `${number} ${outcome}`);

const unlucky = greet(async ({ name }) => {
  if (name === 'fails') throw new RangeError('out of range');
  return { greeting: name };
});

const failing = (more: Partial<TaskSeed> = {}) => taskSeed({ input: { inline: { name: 'fails' } }, ...more });

describe('the attempts of a task', () => {
  it('are none before the first', async () => {
    const world = createWorld([hello]);
    expect(await attemptsOf(world, await submit(world))).toEqual([]);
  });

  it('are one that succeeded, of a task that did at once', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    await invoke(world);
    const time = '2026-01-01T00:00:00.000Z';
    const executorKey = 'default/normal/0';
    expect(await attemptsOf(world, seed)).toEqual([
      { number: 1, outcome: 'succeeded', startedAt: time, endedAt: time, executorKey },
    ]);
  });

  it('are told with the error of each, and the last also where its record is not there', async () => {
    const world = createWorld([unlucky]);
    const seed = await submit(world, failing({ maxAttempts: 2 }));
    await invoke(world);
    expect(await outcomesOf(world, seed)).toEqual(['1 retried']);
    Object.assign(world.ports.attempts, { put: async () => {} });
    world.advance(300);
    await invoke(world);
    expect(await attemptsOf(world, seed)).toMatchObject([
      { number: 1, outcome: 'retried', error: { class: 'RangeError', stack: expect.stringMatching(/^at /) } },
      { number: 2, outcome: 'failed', startedAt: '2026-01-01T00:05:00.000Z', error: { code: 'handler_error' } },
    ]);
  });

  it('of a task that was retried by a user go on, and those before stay', async () => {
    const world = createWorld([unlucky]);
    const seed = await submit(world, failing({ maxAttempts: 1 }));
    await invoke(world);
    expect((await callApi(world, `POST /api/tasks/${seed.id}/retry`)).status).toBe(202);
    expect(await outcomesOf(world, seed)).toEqual(['1 failed']);
    await invoke(world);
    expect(await outcomesOf(world, seed)).toEqual(['1 failed', '2 failed']);
  });

  it('that were lost are told from their numbers', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    await world.ports.store.claim(seed, { token: 'gone' as never, expiresAt: world.now + 1_000 }, world.now);
    expect(await attemptsOf(world, seed)).toMatchObject([{ number: 1, outcome: 'running' }]);
    world.advance(60);
    await invoke(world);
    expect(await outcomesOf(world, seed)).toEqual(['1 lost', '2 succeeded']);
  });

  it('of a task that ended since all were lost are lost', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    await world.ports.store.claim(seed, { token: 'gone' as never, expiresAt: world.now + 1_000 }, world.now);
    world.advance(60);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
    expect(await outcomesOf(world, seed)).toEqual(['1 lost']);
  });

  it('that fanned out are told so: while the subtasks run, after they were combined, failed it, or it was retried', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const [good, bad] = [await submit(world, sumOf([1])), await submit(world, sumOf([null]))];
    await invoke(world);
    expect(await outcomesOf(world, good)).toEqual(['1 fanned_out']);
    await runDry(world);
    expect(await outcomesOf(world, good)).toEqual(['1 fanned_out', '2 succeeded']);
    expect(await outcomesOf(world, bad)).toEqual(['1 fanned_out']);
    await callApi(world, `POST /api/tasks/${bad.id}/retry`);
    expect(await outcomesOf(world, bad)).toEqual(['1 fanned_out']);
  });

  it('of a task that is retried for the sake of its subtasks keep how they ended', async () => {
    const { world, seed } = await ended('collect', [1, 2], [2]);
    const before = await attemptsOf(world, seed);
    expect(before).toMatchObject([{ outcome: 'fanned_out' }, { outcome: 'succeeded', startedAt: expect.any(String) }]);
    expect((await retry(world, seed, { subtasks: 'failed' })).status).toBe(202);
    expect((await attemptsOf(world, seed)).at(-1)).toEqual(before.at(-1));
    await runDry(world);
    expect(await outcomesOf(world, seed)).toEqual(['1 fanned_out', '2 succeeded', '3 fanned_out', '4 succeeded']);
  });

  it('of a fan-out that others have taken over, one after the other, stay fan-outs', async () => {
    const { world, seed, broken } = await ended('fail', [1, 2], [2]);
    broken.add(2);
    await retry(world, seed);
    await runDry(world);
    broken.clear();
    await retry(world, seed);
    await runDry(world);
    expect(await outcomesOf(world, seed)).toEqual(['1 fanned_out', '2 fanned_out', '3 fanned_out', '4 succeeded']);
  });

  it('of a subtask that has succeeded, and runs again for the sake of its own, are told as they ended', async () => {
    const { world, broken } = makeWorld('collect', [2]);
    const top = await submit(world, taskSeed({ type: 'total', input: { inline: { sums: [[1, 2]] } } }));
    await runDry(world);
    const sum = at(await subtasksOf(world, top), 0);
    expect(await outcomesOf(world, sum)).toEqual(['1 fanned_out', '2 succeeded']);
    broken.clear();
    expect((await retry(world, at(await subtasksOf(world, sum), 1))).status).toBe(202);
    await runDry(world);
    expect(await outcomesOf(world, sum)).toEqual(['1 fanned_out', '2 succeeded', '3 fanned_out', '4 succeeded']);
    expect(await outcomesOf(world, top)).toEqual(['1 fanned_out', '2 succeeded', '3 fanned_out', '4 succeeded']);
  });

  it('of a cancelled task end with how that was', async () => {
    const world = createWorld([unlucky]);
    const seed = await submit(world, failing());
    await invoke(world);
    await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    expect(await read(world, seed)).toMatchObject({ status: 'cancelled' });
    expect(await outcomesOf(world, seed)).toEqual(['1 retried']);
  });

  it('are told of the last hundred', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    for (let number = 0; number < 120; number++) {
      const lease = { token: `gone-${number}` as never, expiresAt: world.now + 1 };
      await world.ports.store.claim({ ...seed, maxAttempts: 200 }, lease, world.now);
      world.advance(1);
    }
    const outcomes = await outcomesOf(world, seed);
    expect(outcomes).toHaveLength((await read(world, seed))?.attempt === 120 ? 100 : outcomes.length);
    expect(outcomes.at(-1)).toMatch(/ running$/);
  });

  it("are nobody's of another tenant, nor of a task that there is not", async () => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ tenantId: tenant('umbrella') }));
    expect((await callApi(world, `GET /api/tasks/${seed.id}/attempts`)).status).toBe(404);
    expect((await callApi(world, 'GET /api/tasks/nothing/attempts')).status).toBe(404);
  });

  it('are unavailable where they cannot be read', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    Object.assign(world.ports.attempts, { latest: () => Promise.reject(new Error('down')) });
    expect(await callApi(world, `GET /api/tasks/${seed.id}/attempts`)).toMatchObject({ status: 503 });
  });
});
