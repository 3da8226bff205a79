import { describe, expect, it } from 'vitest';
import type { TaskCatalog } from '../../../functions/core/define-task.ts';
import type { PayloadStore, TaskQueue, TaskStore } from '../../../functions/core/ports.ts';
import type { SettingsStore } from '../../../functions/core/task-settings.ts';
import { answer } from '../../../functions/router/router.ts';
import { apiEvent } from '../../doubles/api-event.ts';
import { echo, greet } from '../../doubles/task-definitions.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi, SECURITY_HEADERS } from './call-api.ts';

const SECRET = 'arn:aws:dynamodb:us-east-1:123456789012:table/tasks';
const broken = async (): Promise<never> => {
  throw new Error(`ThrottlingException on ${SECRET}`);
};

const input = { text: 'x'.repeat(1000) };
const body = { type: 'echo', input };
const keyed = { 'idempotency-key': 'order-1' };

/** Makes a world that holds one task of 1,000 bytes, and then has a part of its platform broken. */
async function brokenWorld(broken: {
  store?: Partial<TaskStore>;
  payloads?: Partial<PayloadStore>;
  queue?: Partial<TaskQueue>;
  settings?: Partial<SettingsStore>;
}) {
  const world = createWorld([greet, echo]);
  const submitted = await callApi(world, 'POST /api/tasks', { body, headers: keyed });
  Object.assign(world.ports.store, broken.store);
  Object.assign(world.ports.payloads, broken.payloads);
  Object.assign(world.ports.queue, broken.queue);
  Object.assign(world.ports.settings, broken.settings);
  return { world, id: submitted.body.id };
}

describe('a platform that fails is unavailable', () => {
  it.each([
    ['reads no rows', { store: { get: broken } }, 'GET /api/tasks/{id}', {}],
    ['reads no payloads', { payloads: { get: broken } }, 'GET /api/tasks/{id}', {}],
    ['takes no task anywhere', { queue: { send: broken }, store: { insert: broken } }, 'POST /api/tasks', { body }],
    ['lists no tasks', { store: { list: broken } }, 'GET /api/tasks', {}],
    ['cancels no tasks', { store: { cancel: broken } }, 'POST /api/tasks/{id}/cancel', {}],
    [
      'changes no settings',
      { settings: { change: broken } },
      'PATCH /api/definitions/echo',
      { body: { paused: true } },
    ],
    ['writes no payloads', { payloads: { put: broken } }, 'POST /api/tasks', { body }],
    ['reads no payloads of a replay', { payloads: { get: broken } }, 'POST /api/tasks', { body, headers: keyed }],
  ])('where it %s', async (_, parts, request, options) => {
    const { world, id } = await brokenWorld(parts);
    const { status, headers, body: problem } = await callApi(world, request.replace('{id}', String(id)), options);
    expect({ status, code: problem.code }).toEqual({ status: 503, code: 'unavailable' });
    expect(headers).toEqual({ ...SECURITY_HEADERS, 'content-type': 'application/problem+json', 'retry-after': '1' });
    expect(JSON.stringify(problem)).not.toMatch(/Throttling|arn:/);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'unavailable', reason: expect.stringContaining(SECRET) }),
    );
  });

  it('but what needs nothing of it still answers', async () => {
    const { world } = await brokenWorld({ store: { get: broken, insert: broken }, queue: { send: broken } });
    expect(await callApi(world, 'GET /api/definitions')).toMatchObject({ status: 200 });
    expect(await callApi(world, 'GET /api/health')).toMatchObject({ status: 200 });
    expect(await callApi(world, 'GET /api/tasks/nonsense')).toMatchObject({ status: 404 });
  });
});

describe('a fault of our own is internal_error', () => {
  const faulty: TaskCatalog = { faulty: () => Promise.reject(new TypeError(`${SECRET} is not a function`)) };
  const nonsense = taskSeed({ createdAt: Number.NaN });

  it.each([
    ['in a definition', { catalog: faulty }, 'POST /api/tasks', { body: { type: 'faulty', input: 1 } }],
    ['in the list of definitions', { catalog: faulty }, 'GET /api/definitions', {}],
    [
      'in a view',
      { store: { get: async () => ({ ...nonsense, status: 'queued', attempt: 0 }) } },
      `GET /api/tasks/${nonsense.id}`,
      {},
    ],
  ])('%s', async (_, parts, request, options) => {
    const world = createWorld([greet]);
    Object.assign(world.ports, parts);
    const { status, headers, body: problem } = await callApi(world, request, options);
    expect({ status, code: problem.code }).toEqual({ status: 500, code: 'internal_error' });
    expect(headers).toEqual({ ...SECURITY_HEADERS, 'content-type': 'application/problem+json' });
    expect(JSON.stringify(problem)).not.toMatch(/TypeError|RangeError|arn:|is not a function|Invalid time/);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'internal_error', reason: expect.stringMatching(/\n +at /) }),
    );
  });
});

it('logs each request with its route, status, duration and trace', async () => {
  const world = createWorld([greet]);
  await answer(apiEvent('GET /api/nothing'), world.ports);
  expect(world.logged).toEqual([
    {
      ...{ level: 'info', event: 'request', route: 'ANY /api/{proxy+}', status: 404, duration_ms: 0 },
      trace_id: '1-6b04c28d-e8be8acc27b5c47405b6f5a2',
    },
  ]);
});
