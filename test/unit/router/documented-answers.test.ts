import { describe, expect, it } from 'vitest';
import type { ScheduleId } from '../../../functions/core/schedule/schedule.ts';
import type { TaskId } from '../../../functions/core/task/ids.ts';
import { encodeMessage, encodeTask } from '../../../functions/core/task/message.ts';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import { MAX_WEBHOOKS } from '../../../functions/core/webhook/webhook.ts';
import { MAX_BODY_BYTES } from '../../../functions/router/http/content-coding.ts';
import { PROBLEM_STATUS, type ProblemCode } from '../../../functions/router/http/problem.ts';
import type { ApiRequest } from '../../doubles/api-event.ts';
import { aKey } from '../../doubles/keys.ts';
import { saturate } from '../../doubles/saturated-lane.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { type ApiAnswer, callApi } from './call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /api/tasks': ada,
  'POST /api/tasks/batch': { tasks: [ada] },
  'PATCH /api/definitions/{type}': { paused: true },
  'POST /api/schedules': { ...ada, cron: '0 9 * * *' },
  'PATCH /api/schedules/{id}': { cron: '0 8 * * *' },
  'POST /api/tasks/{id}/retry': { input: { name: 'Grace' } },
  'POST /api/webhooks': { url: 'https://hooks.example/' },
  'POST /api/lanes/{name}/dead-letters/{id}/redrive': {},
  'POST /api/bulk-actions': { action: 'cancel', filter: { type: 'greet' } },
};

/** The document promises each of these answers: a route, and the code of a problem or else a status. */
const { body: document } = await callApi(createWorld([greet]), 'GET /api/openapi.json');
type Paths = Record<string, Record<string, { responses: Record<string, { description: string }> }>>;
const promised = Object.entries(document.paths as Paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { responses }]) =>
    Object.entries(responses).flatMap(([status, { description }]) =>
      (Number(status) < 400 ? [status] : [...description.matchAll(/`(\w+)`/g)].map(([, code = '']) => code)).map(
        (answer) => ({ routeKey: `${method.toUpperCase()} ${path}`, answer }),
      ),
    ),
  ),
);

/** Makes a world with one task, queued or cancelled, one schedule, one key, one webhook and one bulk action, which all `{id}` stand for. */
async function setUp(status: 'queued' | 'cancelled', definition = greet) {
  const world = createWorld([definition]);
  const { body } = await callApi(world, 'POST /api/tasks', { body: ada });
  if (status === 'cancelled') await callApi(world, `POST /api/tasks/${body.id}/cancel`);
  const { body: schedule } = await callApi(world, 'POST /api/schedules', { body: BODIES['POST /api/schedules'] });
  const key = await aKey(world);
  const { body: webhook } = await callApi(world, 'POST /api/webhooks', { body: BODIES['POST /api/webhooks'] });
  world.ports.deadLetters.put('default', deadLetter(await world.ports.store.get(tenant('acme'), body.id as TaskId, 0)));
  const { body: bulkAction } = await callApi(world, 'POST /api/bulk-actions', {
    body: BODIES['POST /api/bulk-actions'],
  });
  const idFor = (routeKey: string): string => {
    if (routeKey.includes('/keys/')) return key.id;
    if (routeKey.includes('/webhooks/')) return String(webhook.id);
    if (routeKey.includes('/dead-letters/')) return 'letter-1';
    if (routeKey.includes('/bulk-actions/')) return String(bulkAction.id);
    return String(routeKey.includes('/schedules/') ? schedule.id : body.id);
  };
  const ask = (routeKey: string, request: ApiRequest = {}): Promise<ApiAnswer> =>
    callApi(
      world,
      routeKey.replace('{id}', idFor(routeKey)).replace('{type}', 'greet').replace('{name}', 'default-high-0'),
      {
        body: BODIES[routeKey],
        ...request,
      },
    );
  return { world, ask, schedule, key };
}
/** Is one of the lane that `{name}` stands for. */
const deadLetter = (...tasks: readonly (TaskSeed | undefined)[]) => ({
  body: encodeMessage(
    tasks.flatMap((task) => (task === undefined ? [] : encodeTask({ ...task, executorKey: 'default/high/0' }))),
  ),
  laneName: 'default-high-0',
});
const isRun = (routeKey: string): boolean => routeKey.endsWith('/run');
const isBulkAction = (routeKey: string): boolean => routeKey === 'POST /api/bulk-actions';
/** These are for a task that has ended. */
const isOfEnded = (routeKey: string): boolean => routeKey.endsWith('/retry') || routeKey === 'DELETE /api/tasks/{id}';
const ready = (routeKey: string) => setUp(isOfEnded(routeKey) ? 'cancelled' : 'queued');

/** Has every verb of the world's tables, queues and stores do this. */
function breakParts({ ports }: World, verb: () => unknown): void {
  const part = new Proxy({}, { get: () => verb });
  Object.assign(ports, { store: part, queue: part, payloads: part, statistics: part, deadLetters: part });
  Object.assign(ports, {
    audit: part,
    deletions: part,
    history: part,
    revisions: part,
    schedules: part,
    access: part,
    webhooks: part,
    signingSecrets: part,
    bulkActions: part,
  });
  Object.assign(ports.settings, { change: verb });
  Object.assign(ports.depths, { read: verb });
}
const rejects = () => Promise.reject(new Error('throttled'));
const throws = () => {
  throw new TypeError('not a function');
};

type Provoke = (routeKey: string) => Promise<ApiAnswer>;
const PROVOKE: Readonly<Record<ProblemCode, Provoke>> = {
  invalid_request: async (routeKey) =>
    isRun(routeKey)
      ? (await ready(routeKey)).ask(routeKey, { headers: { 'idempotency-key': 'no key' } })
      : routeKey in BODIES
        ? (await ready(routeKey)).ask(routeKey, { body: '{' })
        : (await ready(routeKey)).ask(`${routeKey}?nonsense=1`),
  unauthenticated: async (routeKey) => (await ready(routeKey)).ask(routeKey, { caller: null }),
  missing_scope: async (routeKey) =>
    (await ready(routeKey)).ask(routeKey, { caller: { tenantId: 'acme', scopes: 'none' } }),
  not_found: async (routeKey) => {
    const { world, ask } = await ready(routeKey);
    // A list is there, unless the deployment has none of what it would show.
    if (!routeKey.includes('{')) {
      Object.assign(world.ports, { tenantClaim: 'tenant' });
      return ask(routeKey, { claims: { tenant: 'acme', scope: 'admin' } });
    }
    return ask(routeKey.replace(/\{\w+\}/, 'nothing'), { body: BODIES[routeKey] });
  },
  method_not_allowed: async (routeKey) => (await ready(routeKey)).ask(routeKey.replace(/^\w+/, 'PUT')),
  idempotency_conflict: async (routeKey) => {
    const { ask } = await ready(routeKey);
    const headers = { 'idempotency-key': 'order-1' };
    const other = { headers, body: { ...ada, priority: 'low' } };
    await (isRun(routeKey) ? ask('POST /api/tasks', other) : ask(routeKey, { headers }));
    if (isRun(routeKey)) return ask(routeKey, { headers });
    if (routeKey.endsWith('/webhooks')) return ask(routeKey, { headers, body: { url: 'https://hooks.example/other' } });
    if (isBulkAction(routeKey)) return ask(routeKey, { headers, body: { action: 'retry', filter: { type: 'greet' } } });
    return ask(routeKey, routeKey.endsWith('/schedules') ? { headers, body: { ...ada, rateMinutes: 5 } } : other);
  },
  invalid_status: async (routeKey) => {
    if (routeKey.includes('/keys/')) {
      const { ask, key } = await ready(routeKey);
      return ask(routeKey, { caller: key.caller });
    }
    if (routeKey.includes('/dead-letters/')) {
      const { world, ask } = await ready(routeKey);
      await world.ports.deadLetters.remove('default', await world.ports.deadLetters.take('default', 60));
      const shared = [taskSeed(), taskSeed({ tenantId: tenant('other') })];
      world.ports.deadLetters.put('default', { ...deadLetter(...shared), messageId: 'letter-1' });
      return ask(routeKey, { caller: { tenantId: 'acme', scopes: 'operate' } });
    }
    if (isBulkAction(routeKey)) {
      const { ask } = await ready(routeKey);
      for (let count = 0; count < 5; count++) await ask(routeKey);
      return ask(routeKey);
    }
    if (routeKey.includes('/bulk-actions/')) {
      const { ask } = await ready(routeKey);
      await ask(routeKey);
      return ask(routeKey);
    }
    if (routeKey.includes('/webhooks')) {
      // The last webhook that there may be, and the last secret, are made before.
      const { ask } = await ready(routeKey);
      for (let count = 0; count < MAX_WEBHOOKS; count++) await ask(routeKey);
      return ask(routeKey);
    }
    if (!routeKey.includes('/schedules/'))
      return (await setUp(isOfEnded(routeKey) ? 'queued' : 'cancelled')).ask(routeKey);
    const { world, ask, schedule } = await ready(routeKey);
    const found = await world.ports.schedules.get(tenant('acme'), String(schedule.id) as ScheduleId);
    if (found !== undefined) await world.ports.schedules.replace({ ...found, isOfDefinition: true, revision: 2 });
    return ask(routeKey);
  },
  payload_too_large: async (routeKey) =>
    (await ready(routeKey)).ask(routeKey, { body: ' '.repeat(MAX_BODY_BYTES + 1) }),
  lane_saturated: async (routeKey) => {
    const { world, ask } = await ready(routeKey);
    world.advance(5);
    await saturate(world, 'default/normal/0');
    return ask(routeKey);
  },
  rate_limited: async (routeKey) => {
    const { ask } = await ready(routeKey);
    const request = { body: '{', caller: { tenantId: 'acme', scopes: 'submit', ratePerSecond: 1 } };
    for (let count = 0; count < 5; count++) await ask(routeKey, request);
    return ask(routeKey, request);
  },
  answer_too_large: async (routeKey) => {
    const { world, ask } = await setUp('queued', { ...greet, description: 'x'.repeat(6_200_001) });
    Object.assign(world.ports.payloads, { get: async () => 'x'.repeat(6_200_001) });
    return ask(routeKey);
  },
  unsupported_media_type: async (routeKey) =>
    (await ready(routeKey)).ask(routeKey, { headers: { 'content-type': 'text/plain' } }),
  internal_error: async (routeKey) => {
    const { world, ask } = await ready(routeKey);
    breakParts(world, throws);
    Object.assign(world.ports, { catalog: { greet: throws } });
    return ask(routeKey);
  },
  unavailable: async (routeKey) => {
    const { world, ask } = await ready(routeKey);
    breakParts(world, rejects);
    return ask(routeKey);
  },
};

describe('the document promises what can happen', () => {
  // Nothing in it can fail; API Gateway answers 500 where the function does.
  const real = promised.filter(({ routeKey, answer }) => routeKey !== 'GET /api/health' || answer !== 'internal_error');

  it.each(real)('$routeKey: $answer', async ({ routeKey, answer }) => {
    if (/^\d+$/.test(answer)) {
      const dryRun = isBulkAction(routeKey) && answer === '200' ? { dryRun: true } : {};
      const request = { body: BODIES[routeKey] && { ...(BODIES[routeKey] as object), ...dryRun } };
      expect((await (await ready(routeKey)).ask(routeKey, request)).status).toBe(Number(answer));
      return;
    }
    const code = answer as ProblemCode;
    expect(await PROVOKE[code](routeKey)).toMatchObject({ status: PROBLEM_STATUS[code], body: { code } });
  });
});
