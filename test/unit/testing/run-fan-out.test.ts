import { setTimeout as sleep } from 'node:timers/promises';
import { expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { DEFAULT_RETRY, defineTask, type FanOut, subtask } from '../../../entries/index.ts';
import { runFanOut } from '../../../entries/testing.ts';

const base = {
  description: '',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 5,
  retry: { ...DEFAULT_RETRY, maxAttempts: 2 },
} as const;

/** Fails as often as it is told to, and waits for a day between. */
const part = defineTask({
  ...base,
  type: 'part',
  input: z.strictObject({ n: z.int(), failures: z.int().default(0) }),
  async run({ n, failures }, ctx) {
    ctx.log('attempt', { attempt: ctx.task.attempt });
    const again = { retryable: true, retryAfterSeconds: 86_400 };
    if (ctx.task.attempt <= failures) ctx.fail('unlucky', 'not this time', again);
    return { square: n * n };
  },
});

const sumWith = (onFailure: 'fail' | 'collect') =>
  defineTask({
    ...base,
    type: 'sum',
    input: z.array(z.strictObject({ n: z.int(), failures: z.int().optional() })),
    run: async (parts, ctx) => ctx.fanOut(parts.map((one) => subtask(part, one))),
    fanOut: {
      onFailure,
      async combine(results, _input, ctx) {
        ctx.progress(0.9);
        return results.reduce((sum, one) => sum + (one.status === 'succeeded' ? one.output.square : 0), 0);
      },
    },
  });

const tasks = [part];

it('runs all subtasks, their retries too, and combines what they gave; no time passes', async () => {
  const started = performance.now();
  const result = await runFanOut(sumWith('fail'), [{ n: 3 }, { n: 4, failures: 1 }], { tasks });
  expect(result).toMatchObject({ status: 'succeeded', output: 25, attempts: 2, progress: [{ fraction: 0.9 }] });
  expectTypeOf(result.output).toEqualTypeOf<number | undefined>();
  expect(result.subtasks).toEqual([
    { type: 'part', input: { n: 3 }, status: 'succeeded', attempts: 1, output: { square: 9 }, subtasks: [] },
    {
      type: 'part',
      input: { n: 4, failures: 1 },
      status: 'succeeded',
      attempts: 2,
      output: { square: 16 },
      subtasks: [],
    },
  ]);
  expect(result.logs.filter(({ message }) => message === 'attempt')).toHaveLength(3);
  expect(performance.now() - started).toBeLessThan(5_000);
});

it('fails with the first subtask that fails, or collects what there is', async () => {
  const parts = [{ n: 3, failures: 2 }, { n: 4 }];
  const failed = await runFanOut(sumWith('fail'), parts, { tasks });
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'subtask_failed', retryable: false } });
  expect(failed.subtasks).toMatchObject([
    { status: 'failed', attempts: 2, error: { code: 'unlucky' } },
    { attempts: 1 },
  ]);
  const collected = await runFanOut(sumWith('collect'), parts, { tasks });
  expect(collected).toMatchObject({ status: 'succeeded', output: 16 });
});

it('runs fan-outs within fan-outs, of its own type too', async () => {
  const depth = defineTask({
    ...base,
    type: 'depth',
    input: z.int(),
    run: async (n, ctx): Promise<number | FanOut<number>> =>
      n === 0 ? 0 : ctx.fanOut([subtask(depth, n - 1), subtask(depth, 0)]),
    fanOut: {
      onFailure: 'fail',
      combine: async ([first]) => 1 + (first?.status === 'succeeded' ? first.output : 0),
    },
  });
  const result = await runFanOut(depth, 2);
  expect(result).toMatchObject({ output: 2, subtasks: [{ output: 1, subtasks: [{ output: 0 }, {}] }, { output: 0 }] });
});

it('runs subtasks of a type that takes batches together', async () => {
  const sizes: number[] = [];
  const bulk = defineTask({
    ...base,
    type: 'bulk',
    batch: { maxSize: 10, windowSeconds: 1 },
    input: z.int(),
    run: async (items) => {
      sizes.push(items.length);
      return items.map(({ input }) => (input < 0 ? new Error('is negative') : input));
    },
  });
  const many = defineTask({
    ...base,
    type: 'many',
    input: z.array(z.int()),
    run: async (numbers, ctx) => ctx.fanOut(numbers.map((n) => subtask(bulk, n))),
    fanOut: { onFailure: 'collect', combine: async (results) => results.map(({ status }) => status) },
  });
  expect((await runFanOut(many, [1, -1, 2], { tasks: [bulk] })).output).toEqual(['succeeded', 'failed', 'succeeded']);
  expect(sizes).toEqual([3, 1]);
});

it('ends as a task that does not fan out ends, and as one that is cancelled', async () => {
  expect(await runFanOut(part, { n: 2, failures: 9 })).toMatchObject({ status: 'failed', attempts: 2, subtasks: [] });
  const slow = defineTask({
    ...base,
    type: 'slow',
    input: z.int(),
    run: async (_, { signal }) => {
      await sleep(60_000, undefined, { signal });
    },
  });
  const all = defineTask({
    ...base,
    type: 'all',
    input: z.int(),
    run: async (_, ctx) => ctx.fanOut([subtask(slow, 1), subtask(slow, 2)]),
    fanOut: { onFailure: 'fail', combine: async () => null },
  });
  const result = await runFanOut(all, 1, { tasks: [slow], signal: AbortSignal.timeout(50) });
  expect(result).toMatchObject({ status: 'cancelled', subtasks: [{ status: 'cancelled' }, { status: 'cancelled' }] });
});
