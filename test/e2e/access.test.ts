import { beforeAll, describe, expect, it } from 'vitest';
import { ROUTES, type RouteKey } from '../../functions/contract.ts';
import { hashAccessKey, SCOPES } from '../../functions/core/tenant/access-key.ts';
import { tenant } from '../doubles/task-seed.ts';
import { type Answer, call, post, submit } from './api.ts';
import { access, grant } from './grant.ts';

/** Each route answers this request well, if its caller may make it. */
const bodies: Partial<Record<RouteKey, unknown>> = {
  'POST /api/tasks': { type: 'markdown.render', input: { markdown: '# hi' } },
  'POST /api/tasks/batch': { tasks: [{ type: 'markdown.render', input: { markdown: '# hi' } }] },
  'PATCH /api/definitions/{type}': {},
  'POST /api/schedules': { type: 'markdown.render', input: { markdown: '# hi' }, cron: '0 0 1 1 *' },
  'POST /api/webhooks': { url: 'http://127.0.0.1:9/', types: ['csv.summarize'], statuses: ['cancelled'] },
  'POST /api/bulk-actions': { action: 'cancel', filter: { type: 'csv.summarize' }, dryRun: true },
};
const statusOf = (routeKey: RouteKey): number => {
  if (routeKey.includes('{id}')) return 404;
  if (routeKey === 'POST /api/schedules' || routeKey === 'POST /api/webhooks') return 201;
  if (routeKey === 'POST /api/webhooks/secret' || routeKey === 'POST /api/bulk-actions') return 200;
  return routeKey.startsWith('POST') ? 202 : 200;
};
const request = (routeKey: RouteKey, id: string, key: string): Promise<Answer> => {
  const [method = '', path = ''] = routeKey
    .replace('{id}', id)
    .replace('{type}', 'csv.summarize')
    .replace('{name}', 'io-intensive-batch-0')
    .split(' ');
  const body = bodies[routeKey];
  return call(method, path, {
    key,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
};

let id: string;
let foreignKey: string;
beforeAll(async () => {
  ({ id } = await submit({ type: 'markdown.render', input: { markdown: '# hi' }, delaySeconds: 3600 }));
  foreignKey = await grant('stranger', SCOPES);
});

const routeKeys = Object.keys(ROUTES) as RouteKey[];

describe.each(routeKeys)('%s', (routeKey) => {
  const scope = ROUTES[routeKey];

  it(`with every scope but ${scope} is 403`, async () => {
    const key = await grant(
      'local',
      SCOPES.filter((other) => other !== scope),
    );
    expect(await request(routeKey, id, key)).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
  });

  it(`with the scope ${scope} alone is let in`, async () => {
    const { status } = await request(routeKey, '01M859FY21NP7H6QB49KRATWQ0-0', await grant('local', [scope]));
    expect(status).toBe(statusOf(routeKey));
  });

  it('with a revoked key is 401', async () => {
    const key = await grant('local', SCOPES);
    expect(await access.revoke(tenant('local'), hashAccessKey(key).slice(0, 12))).toBe('revoked');
    expect(await request(routeKey, id, key)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  });
});

it.each(routeKeys.filter((key) => key.includes('{id}')))("%s with another tenant's task is 404", async (routeKey) => {
  expect(await request(routeKey, id, foreignKey)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect((await call('GET', `/api/tasks/${id}`)).body).toMatchObject({ id, status: 'scheduled' });
});

it("another tenant's cursor is 400, and its list has none of our tasks", async () => {
  await post('/api/tasks/batch', { tasks: Array(3).fill({ type: 'markdown.render', input: { markdown: 'x' } }) });
  const { body } = await call('GET', '/api/tasks?limit=1');
  expect(body.nextCursor).toEqual(expect.any(String));
  const path = `/api/tasks?limit=1&cursor=${encodeURIComponent(String(body.nextCursor))}`;
  expect(await call('GET', path)).toMatchObject({ status: 200 });
  expect(await call('GET', path, { key: foreignKey })).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ field: 'cursor' }] },
  });
  expect(await call('GET', '/api/tasks', { key: foreignKey })).toMatchObject({
    status: 200,
    body: { items: [], nextCursor: null },
  });
});
