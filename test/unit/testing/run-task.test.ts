import { setTimeout as sleep } from 'node:timers/promises';
import { expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { DEFAULT_RETRY, defineTask, subtask } from '../../../entries/index.ts';
import { runBatch, runTask } from '../../../entries/testing.ts';
import { serve } from '../adapters/loopback-server.ts';

const base = {
  description: '',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 5,
  retry: DEFAULT_RETRY,
} as const;

const greet = defineTask({
  ...base,
  type: 'greet',
  input: z.strictObject({ name: z.string().min(1), tries: z.int().default(1) }),
  async run({ name, tries }, ctx) {
    ctx.progress(0.5, 'half of it');
    ctx.progress(1);
    ctx.log('greeted', { name });
    if (name === 'Voldemort') ctx.fail('unspeakable', 'he is not greeted', { retryable: true, retryAfterSeconds: 7 });
    if (name === 'nobody') throw new RangeError('out of names');
    return { greeting: `Hello ${name}`, tries, task: { ...ctx.task, id: '' } };
  },
});

it('gives the output of an attempt, typed, and what was told meanwhile', async () => {
  const { status, output, progress, logs } = await runTask(greet, { name: 'Ada' }, { attempt: 2, tenantId: 'acme' });
  const task = { id: '', tenantId: 'acme', type: 'greet', attempt: 2, maxAttempts: 3 };
  expect({ status, output }).toEqual({ status: 'succeeded', output: { greeting: 'Hello Ada', tries: 1, task } });
  expectTypeOf(output).toExtend<{ readonly greeting: string } | undefined>();
  expect(progress).toEqual([{ fraction: 0.5, note: 'half of it' }, { fraction: 1 }]);
  expect(logs).toMatchObject([{ level: 'info', message: 'greeted', fields: { name: 'Ada', task_type: 'greet' } }]);
});

it('gives the error of one that fails, and logs the stack of what was thrown', async () => {
  expect((await runTask(greet, { name: 'Voldemort' })).error).toEqual({
    code: 'unspeakable',
    message: 'he is not greeted',
    retryable: true,
    retryAfterSeconds: 7,
  });
  const { status, error, logs } = await runTask(greet, { name: 'nobody' });
  expect({ status, error }).toMatchObject({ status: 'failed', error: { code: 'handler_error', retryable: true } });
  expect(logs).toContainEqual(
    expect.objectContaining({
      message: 'handler threw',
      fields: expect.objectContaining({
        error_class: 'RangeError',
        stack: expect.stringContaining('run-task.test.ts'),
      }),
    }),
  );
});

it('holds the input against its schema, and takes no other than JSON carries', async () => {
  const { error } = await runTask(greet, { name: '' });
  expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('name: must not be empty') });
  await expect(runTask(greet, { name: new Map() } as never)).rejects.toThrow(/a Map at \/name/);
  await expect(runTask(greet, { name: 'Ada' }, { tenantId: 'No Tenant' })).rejects.toThrow(/no name of a tenant/);
});

it('keeps of an output what a deployment keeps, isolated or not', async () => {
  for (const isolated of [false, true]) {
    const dated = defineTask({
      ...base,
      type: 'dated',
      isolated,
      input: z.null(),
      run: async () => ({ at: new Date(0) }),
    });
    expect((await runTask(dated, null)).output).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    const odd = defineTask({ ...base, type: 'odd', isolated, input: z.null(), run: async () => ({ n: Number.NaN }) });
    expect((await runTask(odd, null)).error).toMatchObject({ code: 'invalid_output', retryable: false });
    const output = z.object({ n: z.int() });
    const half = defineTask({
      ...base,
      type: 'half',
      isolated,
      input: z.null(),
      output,
      run: async () => ({ n: 0.5 }),
    });
    expect((await runTask(half, null)).error).toMatchObject({ code: 'invalid_output' });
  }
});

const slow = defineTask({
  ...base,
  type: 'slow',
  input: z.null(),
  run: async (_, { signal }) => {
    await sleep(60_000, undefined, { signal });
  },
});

it('ends at the timeout, and when it is cancelled', async () => {
  expect((await runTask(slow, null, { timeoutSeconds: 0.05 })).error).toMatchObject({ code: 'timeout' });
  expect(await runTask(slow, null, { signal: AbortSignal.timeout(20) })).toMatchObject({ status: 'cancelled' });
});

const fetching = defineTask({
  ...base,
  type: 'fetching',
  input: z.strictObject({ url: z.string() }),
  async run({ url }, ctx) {
    const { status, headers, body } = await ctx.http.request(url, { method: 'POST', body: 'ping' });
    return { status, cookies: headers['set-cookie'], type: headers['content-type'], text: await body.text() };
  },
});

it('answers requests by a function, as a server would', async () => {
  const url = 'https://example.com/';
  const http = (_: string, { method, body }: { method?: string; body?: unknown }) => {
    const headers = new Headers({ 'content-type': 'text/plain' });
    for (const cookie of ['a=1', 'b=2']) headers.append('set-cookie', cookie);
    return new Response(`${method} ${body}`, { status: 201, headers });
  };
  const { output } = await runTask(fetching, { url }, { http });
  expect(output).toEqual({ status: 201, cookies: ['a=1', 'b=2'], type: 'text/plain', text: 'POST ping' });
  const refusing = await runTask(fetching, { url }, { http: () => Promise.reject(new Error('connect ECONNREFUSED')) });
  expect(refusing.error).toMatchObject({ code: 'network_error', retryable: true });
  expect((await runTask(fetching, { url })).error?.message).toContain(`the test has no answer to ${url}`);
});

it('really calls the hosts that are named, and no others', async () => {
  const { url } = await serve((_, response) => response.end('pong'));
  expect((await runTask(fetching, { url }, { http: '127.0.0.1' })).output).toMatchObject({ status: 200, text: 'pong' });
  expect((await runTask(fetching, { url }, { http: 'example.com' })).error?.code).toBe('host_not_allowed');
});

it('gives the subtasks of an attempt that fans out, if they can run', async () => {
  const all = defineTask({
    ...base,
    type: 'all',
    input: z.array(z.string()),
    run: async (names, ctx) => ctx.fanOut(names.map((name) => subtask(greet, { name }))),
    fanOut: { onFailure: 'fail', combine: async (results) => results.length },
  });
  const { status, subtasks } = await runTask(all, ['Ada'], { tasks: [greet] });
  expect({ status, subtasks }).toEqual({ status: 'fanned_out', subtasks: [{ type: 'greet', input: { name: 'Ada' } }] });
  expect((await runTask(all, ['Ada'])).error).toMatchObject({
    code: 'invalid_subtasks',
    message: expect.stringContaining('there is no task type greet'),
  });
});

it('gives the outcome of each task of a batch', async () => {
  const sizes: number[] = [];
  const doubling = defineTask({
    ...base,
    type: 'doubling',
    batch: { maxSize: 2, windowSeconds: 1 },
    input: z.strictObject({ n: z.number() }),
    run: async (items, ctx) => {
      sizes.push(items.length);
      ctx.log('called');
      return items.map(({ input: { n } }) => (n < 0 ? new Error('is negative') : { twice: 2 * n }));
    },
  });
  const { outcomes, logs } = await runBatch(doubling, [{ n: 1 }, { n: -1 }, { n: 'one' } as never]);
  expect(outcomes).toMatchObject([
    { status: 'succeeded', output: { twice: 2 } },
    { status: 'failed', error: { code: 'handler_error', message: 'is negative', retryable: true } },
    { status: 'failed', error: { code: 'invalid_input', retryable: false } },
  ]);
  expect(sizes).toEqual([2]);
  expect(logs.map(({ message }) => message)).toContain('called');
});
