import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sweep } from '../../../functions/control/sweep.ts';
import { defineTask, type TaskDefinition } from '../../../functions/core/define-task.ts';
import type { Task } from '../../../functions/core/task/task.ts';
import { invoke, metrics, read, submit } from '../../doubles/executor-world.ts';
import { base, makeSum, part, runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

describe('a task that fans out', () => {
  it('waits for its subtasks, and combines what they gave in their order, in an attempt of its own', async () => {
    const { sum, combined } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2, 3], { workflowInstanceId: 'flow-1', priority: 'high' }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'waiting', attempt: 1, fanOut: { attempt: 1, count: 3 } });
    expect(await subtasksOf(world, seed)).toMatchObject(
      [0, 1, 2].map((index) => ({
        status: 'queued',
        type: 'part',
        priority: 'high',
        workflowInstanceId: 'flow-1',
        parent: { id: seed.id, attempt: 1, index, depth: 1 },
      })),
    );
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2, output: { inline: 6 } });
    expect(combined).toEqual([[1, 2, 3].map((output) => ({ status: 'succeeded', output }))]);
    expect(metrics(world).filter((metric) => metric === 'succeeded')).toHaveLength(4);
  });

  it('combines nothing at once where there is nothing to wait for', async () => {
    const { sum, combined } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([]));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 0 } });
    expect(combined).toEqual([[]]);
  });

  it('makes nothing twice where its message comes again', async () => {
    const { sum, combined } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    await invoke(world);
    await world.ports.queue.send(seed, 0);
    await runDry(world);
    await world.ports.queue.send(seed, 0);
    await runDry(world);
    expect(combined).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 3 } });
  });

  it.each([
    ['the queue refuses', 'sendAll'],
    ['the rows cannot be read', 'get'],
  ] as const)('is fanned out all the same after %s at first', async (_, broken) => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    const target = broken === 'sendAll' ? world.ports.queue : world.ports.store;
    const method = target[broken as never] as (...args: unknown[]) => Promise<unknown>;
    let calls = 0;
    Object.assign(target, {
      [broken]: (...args: unknown[]) =>
        ++calls > 1 ? method.apply(target, args) : Promise.reject(new Error('throttled')),
    });
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
    expect(world.queue.messages.size).toBeGreaterThan(0);
    world.advance(400);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 3 } });
  });

  it('is resumed by the sweeper where whoever ended its last subtask could not', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1]));
    await invoke(world);
    const { queue } = world.ports;
    const send = queue.send.bind(queue);
    Object.assign(queue, { send: () => Promise.reject(new Error('throttled')) });
    await invoke(world);
    Object.assign(queue, { send });
    expect(await read(world, seed)).toMatchObject({ status: 'queued' });
    world.advance(61);
    await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 1 } });
  });

  it('is reconciled by the sweeper: subtasks that were never made, and ends that nobody heard of', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    Object.assign(world.ports.queue, { sendAll: async () => new Set() });
    const insert = world.ports.store.insert;
    Object.assign(world.ports.store, { insert: async () => ({ result: 'inserted' }) });
    await invoke(world);
    delete (world.ports.queue as { sendAll?: unknown }).sendAll;
    Object.assign(world.ports.store, { insert });
    expect(await subtasksOf(world, seed)).toEqual([]);
    world.advance(901);
    await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
    expect(await subtasksOf(world, seed)).toHaveLength(2);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 3 } });
  });

  it('fails with the first subtask that fails, and the others are cancelled', async () => {
    const { sum, combined } = makeSum('fail');
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, null]));
    await invoke(world);
    // The second part runs first.
    const [first] = world.queue.deliver(0);
    if (first === undefined) throw new Error('there is no message');
    const parts = await subtasksOf(world, seed);
    const failing = parts.find(({ input }) => 'inline' in input && JSON.stringify(input.inline) === '{"number":null}');
    world.queue.messages.clear();
    await world.ports.queue.send(failing as Task, 0);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({
      status: 'failed',
      error: { code: 'subtask_failed', message: expect.stringContaining('no_number: there is no number') },
    });
    expect((await subtasksOf(world, seed)).map(({ status }) => status).sort()).toEqual(['cancelled', 'failed']);
    expect(combined).toEqual([]);
  });

  it('collects what failed, where its type says so', async () => {
    const { sum, combined } = makeSum('collect');
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([5, null, 7]));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 12 } });
    expect(combined[0]?.[1]).toEqual({
      status: 'failed',
      error: { code: 'no_number', message: 'there is no number' },
    });
  });

  it('nests: a subtask may fan out itself, and its parent waits for all of it', async () => {
    const { sum } = makeSum();
    const outer = defineTask({
      ...base,
      type: 'outer',
      input: z.strictObject({}),
      run: async (_, ctx) => ctx.fanOut([1, 2].map((n) => ({ type: 'sum', input: { numbers: [n, n] } }))),
      fanOut: {
        onFailure: 'fail',
        combine: async (results) => results.map((one) => (one.status === 'succeeded' ? one.output : null)),
      },
    }) as TaskDefinition;
    const world = createWorld([outer, sum, part]);
    const seed = await submit(world, taskSeed({ type: 'outer', input: { inline: {} }, maxAttempts: 1 }));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: [2, 4] } });
  });

  it.each([
    ['of an unknown type', [{ type: 'nothing', input: {} }], 'there is no task type nothing'],
    ['whose input does not fit', [{ type: 'part', input: { number: 'x' } }], 'subtask 0: input number'],
    ['with an attempt that is too long', [{ type: 'part', input: { number: 1 }, timeoutSeconds: 51 }], '50 s'],
    ['that JSON cannot carry', [{ type: 'anything', input: 1n }], 'subtasks that JSON cannot carry'],
    ['that are too large', Array(4).fill({ type: 'anything', input: 'x'.repeat(800_000) }), 'bytes of subtasks'],
    [
      'that are no list but a Set',
      new Set([{ type: 'part', input: { number: 1 } }]),
      'a Set, where ctx.fanOut takes a list',
    ],
    ['that are null', null, 'null, where ctx.fanOut takes a list'],
    ['that are a promise of a list', Promise.resolve([]), 'a Promise, where ctx.fanOut takes a list'],
    ['one of which is null', [null], 'subtask 0: must be an object, not null'],
    ['one of which is missing', Array(1), 'subtask 0: is missing'],
    ['without an input', [{ type: 'part' }], 'subtask 0: input: is missing'],
    ['with a field that there is none of', [{ type: 'part', input: { numbr: 1 } }], 'input: has no "numbr"'],
    [
      'with a priority that there is none of',
      [{ type: 'part', input: { number: 1 }, priority: 'soon' }],
      'priority: must be',
    ],
    ['that are too many', Array(1001).fill({ type: 'part', input: { number: 1 } }), '1001 subtasks'],
  ])('fails for good with subtasks %s', async (_, subtasks, message) => {
    const { sum } = makeSum();
    const anything = { ...part, type: 'anything', input: z.unknown() } as TaskDefinition;
    const world = createWorld([{ ...sum, run: async (_input, ctx) => ctx.fanOut(subtasks as never) }, part, anything]);
    const seed = await submit(world, sumOf([]));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_subtasks', message: expect.stringContaining(message), retryable: false },
    });
  });

  it('takes a field that is undefined for one that is not given', async () => {
    const { sum } = makeSum();
    const subtask = { type: 'part', input: { number: 3 }, priority: undefined } as never;
    const world = createWorld([{ ...sum, run: async (_input, ctx) => ctx.fanOut([subtask]) }, part]);
    const seed = await submit(world, sumOf([]));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 3 } });
  });

  it('fails for good where its type cannot combine', async () => {
    const { fanOut: _, ...sum } = makeSum().sum;
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1]));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'invalid_output' } });
  });

  it('goes no deeper than it may', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const parent = { id: taskSeed().id, attempt: 1, index: 0, depth: 8 };
    const seed = await submit(world, sumOf([1], { parent }));
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'invalid_subtasks' } });
  });
});
