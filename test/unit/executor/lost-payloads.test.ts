import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import { defineTask, type TaskDefinition } from '../../../functions/core/define-task.ts';
import type { Task, TaskSeed } from '../../../functions/core/task/task.ts';
import { bulk, bulkSeed, doubled, standings } from '../../doubles/bulk-world.ts';
import { greet, invoke, metrics, read, submit } from '../../doubles/executor-world.ts';
import { base, makeSum, part, runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { echo as slow } from '../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

const echo = { ...slow, ...base, type: 'echo' } as TaskDefinition;
const LARGE = 'x'.repeat(1000);
const input_missing = { status: 'failed', attempt: 1, error: { code: 'input_missing', retryable: false } };

/** Submits a task whose input is in the payload store. */
async function kept(world: World, more: Partial<TaskSeed> = {}): Promise<TaskSeed> {
  const seed = taskSeed(more);
  const input = await world.ports.payloads.put(seed.tenantId, seed.id, 'input', { name: LARGE }, world.now);
  return { ...seed, input };
}

describe('a task whose input is not kept any more', () => {
  it('fails, once and for good, and its handler is not called', async () => {
    let calls = 0;
    const world = createWorld([greet(async () => ++calls)]);
    const seed = await submit(world, await kept(world));
    world.payloads.lose();
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject(input_missing);
    expect([calls, world.queue.messages.size]).toEqual([0, 0]);
    expect(metrics(world)).not.toContain('platformFailed');
  });

  it('fails where it has no row either', async () => {
    const world = createWorld([greet(async () => 'hello')]);
    const seed = await kept(world);
    await world.ports.queue.send(seed, 0);
    world.payloads.lose();
    await invoke(world);
    expect(await read(world, seed)).toMatchObject(input_missing);
  });

  it('fails alone in its batch', async () => {
    const world = createWorld([bulk(doubled)]);
    const lost = await kept(world, { type: 'bulk', executorKey: 'default/batch/0' });
    const others = [bulkSeed(1), bulkSeed(2)];
    await world.ports.queue.sendAll([lost, ...others].map((task) => ({ task, delaySeconds: 0 })));
    world.payloads.lose();
    await invoke(world);
    expect(await standings(world, [lost, ...others])).toEqual(['failed: input_missing', 2, 4]);
  });

  it('lets its message go where it has ended already', async () => {
    const world = createWorld([greet(async () => 'hello')]);
    const seed = await submit(world, await kept(world));
    await world.ports.store.cancel(seed.tenantId, seed.id, world.now);
    world.payloads.lose();
    expect(await invoke(world)).toEqual([]);
    expect(world.queue.messages.size).toBe(0);
    expect(await read(world, seed)).toMatchObject({ status: 'cancelled', attempt: 0 });
  });

  it('is shown without it, and says so, and cannot be retried', async () => {
    const world = createWorld([greet(async () => 'hello')]);
    const seed = await submit(world, await kept(world));
    world.payloads.lose();
    await invoke(world);
    const { status, body } = await callApi(world, `GET /api/tasks/${seed.id}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { status: 'failed', missing: ['input'] } });
    expect(body).not.toHaveProperty('input');
    expect(await callApi(world, `POST /api/tasks/${seed.id}/retry`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_status', detail: expect.stringContaining('submit it as a new task') },
    });
  });

  it('is shown without its output where that is gone', async () => {
    const world = createWorld([greet(async () => ({ text: LARGE }))]);
    const seed = await submit(world);
    await invoke(world);
    world.payloads.lose();
    const { status, body } = await callApi(world, `GET /api/tasks/${seed.id}`);
    expect({ status, body }).toMatchObject({ status: 200, body: { input: { name: 'Ada' }, missing: ['output'] } });
    expect(body).not.toHaveProperty('output');
  });

  it('waits where the store only does not answer', async () => {
    const world = createWorld([greet(async () => 'hello')]);
    const seed = await submit(world, await kept(world));
    const { payloads } = world.ports;
    const get = payloads.get.bind(payloads);
    Object.assign(payloads, { get: () => Promise.reject(new Error('throttled')) });
    expect(await invoke(world)).toHaveLength(1);
    expect(await callApi(world, `GET /api/tasks/${seed.id}`)).toMatchObject({ status: 503 });
    Object.assign(payloads, { get });
    world.advance(60);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });
});

describe('what a task was fanned out into is lost', () => {
  const wide = defineTask({
    ...base,
    type: 'wide',
    input: echo.input,
    run: async (_, ctx) => ctx.fanOut([LARGE, 'small'].map((text) => ({ type: 'echo', input: text }))),
    fanOut: { onFailure: 'collect', combine: async (results) => results.map(({ status }) => status) },
  }) as TaskDefinition;
  const strict = { ...wide, fanOut: { ...wide.fanOut, onFailure: 'fail' } } as TaskDefinition;
  const ended = async (definition: TaskDefinition, losing: (ref: string) => boolean): Promise<Task | undefined> => {
    const world = createWorld([definition, echo]);
    const seed = await submit(world, taskSeed({ type: 'wide', input: { inline: {} }, maxAttempts: 1 }));
    for (let rounds = 0; rounds < 8; rounds++) {
      await invoke(world);
      world.payloads.lose(losing);
      world.advance(30);
    }
    return read(world, seed);
  };
  const outputs = (ref: string): boolean => ref.includes('output');

  it('an output: it counts as failed, where all are collected', async () => {
    expect(await ended(wide, outputs)).toMatchObject({
      status: 'succeeded',
      output: { inline: ['failed', 'succeeded'] },
    });
  });

  it('an output: the task fails, where each is needed', async () => {
    const error = { code: 'subtask_failed', message: expect.stringContaining('output_missing'), retryable: false };
    expect(await ended(strict, outputs)).toMatchObject({ status: 'failed', error });
  });

  it('an input of a part: the part fails, and its parent as its type says', async () => {
    expect(await ended(wide, (ref) => ref.endsWith('#input'))).toMatchObject({
      output: { inline: ['failed', 'succeeded'] },
    });
  });

  it.each(['the parts before they are made', 'the record of them'])('%s: the task fails', async (what) => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf(Array(40).fill(1)));
    const { queue, fanOuts } = world.ports;
    Object.assign(queue, { sendAll: async (all: { task: Task }[]) => new Set(all.map(({ task }) => task.id)) });
    await invoke(world);
    delete (queue as { sendAll?: unknown }).sendAll;
    expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
    if (what === 'the record of them') Object.assign(fanOuts, { get: async () => undefined });
    else world.payloads.lose();
    world.queue.messages.clear();
    world.advance(1000);
    await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
    expect(await read(world, seed)).toMatchObject({
      status: 'failed',
      error: { code: 'subtasks_missing', retryable: false },
    });
    expect(await subtasksOf(world, seed)).toEqual([]);
  });

  it('neither keeps its message coming', async () => {
    const world = createWorld([makeSum().sum, part]);
    await submit(world, sumOf(Array(40).fill(1)));
    await invoke(world);
    world.payloads.lose();
    await runDry(world);
    expect(world.queue.messages.size).toBe(0);
  });
});

it("a message that names another tenant's payload goes to the dead letters with the reason, and reads nothing", async () => {
  const world = createWorld([greet(async ({ name }) => name)]);
  const owner = await kept(world, { tenantId: tenant('alpha') });
  const forged = taskSeed({ tenantId: tenant('beta'), input: owner.input });
  await world.ports.queue.send(forged, 0);
  expect(await invoke(world)).toEqual([]);
  expect(world.queue.deadLetters).toEqual([
    { body: expect.any(String), reason: 'tasks.0.input.ref: refers to a payload that is not of the tenant' },
  ]);
  expect(await read(world, forged)).toBeUndefined();
});
