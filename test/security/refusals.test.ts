import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask, type SingleTaskDefinition } from '../../functions/core/define-task.ts';
import { newTask, type Task } from '../../functions/core/task/task.ts';
import { answer } from '../../functions/router/router.ts';
import { httpRequest } from '../../tasks/http-request/definition.ts';
import { type ApiRequest, apiEvent } from '../doubles/api-event.ts';
import { echo, greet } from '../doubles/task-definitions.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { createWorld } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

/** Takes an input that has parts of every kind. */
const nested = defineTask({
  ...greet,
  type: 'nested',
  input: z.strictObject({
    items: z.array(z.strictObject({ a: z.int() })).optional(),
    byName: z.record(z.string(), z.int()).optional(),
    deep: z.strictObject({ deeper: z.strictObject({ a: z.int().optional() }).optional() }).optional(),
    either: z.union([z.int(), z.strictObject({ a: z.int() })]).optional(),
  }),
}) as SingleTaskDefinition;

const MANY = 100_000;
const keys = (count: number, name = 'k') =>
  Object.fromEntries(Array.from({ length: count }, (_, place) => [name + place, 1]));
const list = <T>(count: number, item: T): T[] => Array<T>(count).fill(item);
const submit = (input: unknown, more: object = {}) => ({ type: 'nested', input, ...more });

const world = createWorld([greet, nested, httpRequest as SingleTaskDefinition]);
/** Returns the answer, its bytes on the wire, and the CPU that it took: the machine may do other things meanwhile. */
async function timed(request: string, options: ApiRequest = {}) {
  const event = apiEvent(request, options);
  const before = process.threadCpuUsage();
  const { statusCode, body = '' } = await answer(event, world.ports);
  const { user, system } = process.threadCpuUsage(before);
  return { status: statusCode, milliseconds: (user + system) / 1000, bytes: Buffer.byteLength(body), body };
}

/** Returns the quickest of some answers: the others were disturbed. */
async function quickest(request: string, options: ApiRequest) {
  const answers = [await timed(request, options), await timed(request, options), await timed(request, options)];
  return answers.reduce((best, one) => (one.milliseconds < best.milliseconds ? one : best));
}

type Refusal = { readonly detail: string; readonly errors?: readonly { field: string; message: string }[] };

describe('a hundred thousand wrong fields', () => {
  it.each<[string, unknown, number]>([
    ['of a submit', submit({}, keys(MANY)), MANY],
    ['of an input', submit(keys(MANY)), MANY],
    ['of a part of it', submit({ deep: { deeper: keys(MANY) } }), MANY],
    ['of an assignee', submit({}, { assignee: { type: 'user', id: '7', ...keys(MANY) } }), MANY],
    ['with names like patterns', submit(keys(MANY, '$&')), MANY],
    ['with names like each other', submit(keys(MANY, '", "')), MANY],
  ])('that are unknown, %s, are refused in 200 ms and 20 KB', async (_, body, count) => {
    const { status, milliseconds, bytes, body: sent } = await quickest('POST /api/tasks', { body });
    expect(status).toBe(400);
    expect(bytes).toBeLessThan(20_000);
    expect(milliseconds).toBeLessThan(200);
    const { detail, errors = [] } = JSON.parse(sent) as Refusal;
    expect(errors.length).toBeGreaterThan(10);
    expect(errors.length).toBeLessThanOrEqual(100);
    expect(detail).toContain(`${count} fields are wrong, ${count - errors.length} of which are not listed`);
  });

  it.each<[string, unknown]>([
    ['in a list', submit({ items: list(MANY, 1) })],
    ['in objects of a list', submit({ items: list(MANY, { a: 1, b: 1 }) })],
    ['by name', submit({ byName: Object.fromEntries(Object.keys(keys(MANY)).map((name) => [name, 'x'])) })],
    ['that are headers', { type: 'http.request', input: { url: 'https://example.com', headers: keys(MANY, ' ') } }],
    ['under names of 10,000 characters', submit(keys(200, 'x'.repeat(10_000)))],
    [
      'under names of 10,000 characters in a map',
      submit({
        byName: { ...Object.fromEntries(Object.keys(keys(200, 'x'.repeat(10_000))).map((name) => [name, 'x'])) },
      }),
    ],
  ])('%s are refused in linear time and 20 KB', async (_, body) => {
    const { status, milliseconds, bytes } = await timed('POST /api/tasks', { body: JSON.stringify(body) });
    expect(status).toBe(400);
    expect(bytes).toBeLessThan(20_000);
    expect(milliseconds).toBeLessThan(3_000);
  });

  it('take the headers of http.request no longer than to count them', async () => {
    const input = { url: 'https://example.com', headers: keys(MANY, ' ') };
    const { body } = await callApi(world, 'POST /api/tasks', { body: { type: 'http.request', input } });
    expect(body.errors).toEqual([{ field: '/input/headers', message: 'at most 50 headers' }]);
  });

  it('of a definition and of a query are refused alike', async () => {
    const patch = await quickest('PATCH /api/definitions/greet', { body: keys(MANY) });
    expect(patch).toMatchObject({ status: 400 });
    expect(patch.bytes).toBeLessThan(20_000);
    expect(patch.milliseconds).toBeLessThan(200);
    const query = Object.keys(keys(1_000)).join('=1&');
    for (const path of ['/api/tasks', '/api/stats', '/api/lanes/default-high-0/dead-letters']) {
      const { status, bytes } = await timed(`GET ${path}?${query}`);
      expect({ path, status }).toEqual({ path, status: 400 });
      expect(bytes).toBeLessThan(20_000);
    }
  });

  it('are named each by itself, with what a pattern would replace', async () => {
    const { body } = await callApi(world, 'POST /api/tasks', { body: submit({ '$&': 1, "$'": 1 }) });
    const known = 'there are: items, byName, deep, either';
    expect(body.errors).toEqual([
      { field: '/input/$&', message: `has no "$&"; ${known}` },
      { field: "/input/$'", message: `has no "$'"; ${known}` },
    ]);
  });
});

it.each(['GET', 'PUT'])('a path of 8,000 characters comes back short: %s', async (method) => {
  const { bytes } = await timed(`${method} /api/tasks/${'x'.repeat(8_000)}${method === 'GET' ? '/y' : ''}`);
  expect(bytes).toBeLessThan(500);
});

describe('a bulk', () => {
  const bulk = (tasks: readonly unknown[]) => timed('POST /api/tasks/batch', { body: JSON.stringify({ tasks }) });

  it.each<[string, unknown]>([
    ['200 unknown fields', submit({}, keys(200))],
    ['200 unknown fields of its input', submit(keys(200))],
    ['names of 100 characters', submit(keys(20, 'x'.repeat(100)))],
    ['an unknown type', { type: 'x'.repeat(2_000), input: {} }],
    ['nothing', null],
  ])('of 1,000 tasks with %s each is answered in 1 MB', async (_, task) => {
    const { status, bytes, milliseconds } = await bulk(list(1_000, task));
    expect(status).toBe(202);
    expect(bytes).toBeLessThan(1_000_000);
    expect(milliseconds).toBeLessThan(5_000);
  });

  it('lists 20 wrong fields of one task, 100 of all beyond the first of each, and how many more there are', async () => {
    const { body } = await bulk([...list(10, submit(keys(30))), ...list(10, submit({}))]);
    const { accepted, results } = JSON.parse(body) as { accepted: number; results: { problem?: Refusal }[] };
    expect(accepted).toBe(10);
    const problems = results.flatMap(({ problem }) => problem ?? []);
    expect(problems.map(({ errors = [] }) => errors.length)).toEqual([20, 20, 20, 20, 20, 6, 1, 1, 1, 1]);
    expect(problems[0]?.detail).toMatch(/: 30 fields are wrong, 10 of which are not listed$/);
  });
});

describe('what Lambda cannot answer', () => {
  const huge = 'x'.repeat(2_100_000);

  it('is told shortly of a bulk: which tasks were accepted', async () => {
    const setUp = createWorld([greet]);
    const tasks = list(1_000, { type: 'greet', input: { name: 'Ada' } });
    const request = { body: { tasks }, headers: { 'idempotency-key': 'import-7' } };
    const first = await callApi(setUp, 'POST /api/tasks/batch', request);
    const { store } = setUp.ports;
    const { insert } = store;
    // Each has failed since, with as much to say as there is room for.
    store.insert = async (task, dueAt) => {
      const result = await insert.call(store, task, dueAt);
      if (result.result !== 'exists') return result;
      const error = { code: 'wrong', message: '"'.repeat(8_000), retryable: false };
      const failed = { ...result.task, status: 'failed', error, finishedAt: setUp.now } as unknown as Task;
      return { result: 'exists', task: failed };
    };
    const again = await callApi(setUp, 'POST /api/tasks/batch', request);
    const idsOf = (body: unknown) =>
      (body as { results: { task: { id: string } }[] }).results.map(({ task }) => task.id);
    expect(again.body).toMatchObject({ accepted: 1_000, rejected: 0 });
    expect(idsOf(again.body)).toEqual(idsOf(first.body));
    expect(JSON.stringify(again.body).length).toBeLessThan(1_000_000);
    expect(setUp.logged).toContainEqual(expect.objectContaining({ event: 'answer too large' }));
  });

  it('is a problem that says so, of a task whose payload is too large', async () => {
    const setUp = createWorld([echo]);
    const seed = taskSeed();
    await setUp.ports.store.insert(newTask(seed));
    Object.assign(setUp.ports.payloads, { get: async () => [huge, huge, huge] });
    const { status, body } = await callApi(setUp, `GET /api/tasks/${seed.id}`);
    expect({ status, code: body.code }).toEqual({ status: 406, code: 'answer_too_large' });
    const compressed = { headers: { 'accept-encoding': 'gzip' } };
    expect(await callApi(setUp, `GET /api/tasks/${seed.id}`, compressed)).toMatchObject({ status: 200 });
  });

  it('is told shortly of a task that was cancelled', async () => {
    const setUp = createWorld([echo]);
    const seed = taskSeed();
    await setUp.ports.store.insert(newTask(seed));
    Object.assign(setUp.ports.payloads, { get: async () => [huge, huge, huge] });
    const { status, body } = await callApi(setUp, `POST /api/tasks/${seed.id}/cancel`);
    expect({ status, body }).toMatchObject({ status: 202, body: { id: seed.id, status: 'cancelled' } });
    expect(body).not.toHaveProperty('input');
  });
});
