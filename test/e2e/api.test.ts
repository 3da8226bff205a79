import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { createKey } from '../../cli/keys.ts';
import { DynamoAccessStore } from '../../functions/adapters/dynamo/access-store.ts';
import type { Scope } from '../../functions/contract.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tasks } from '../doubles/shipped-tasks.ts';
import { tenant } from '../doubles/task-seed.ts';
import { call, post, submit, until } from './api.ts';

const { accessTable, url } = inject('stack');
const render = { type: 'markdown.render', input: { markdown: '# hi' } };
const UNKNOWN_TASK = '/api/tasks/01M859FY21NP7H6QB49KRATWQ0-0';

const keys = { submit: '', read: '', otherTenant: '' };
beforeAll(async () => {
  const access = new DynamoAccessStore(new DynamoDBClient(awsClient), accessTable);
  const create = (tenantName: string, ...scopes: Scope[]) =>
    createKey(access, { tenantId: tenant(tenantName), scopes, name: 'test' });
  keys.submit = await create('local', 'submit');
  keys.read = await create('local', 'read');
  keys.otherTenant = await create('other', 'submit', 'read');
});

describe('without a key', () => {
  it.each(['/api/health', '/api/openapi.json'])('GET %s is answered', async (path) => {
    expect((await call('GET', path, { key: null })).status).toBe(200);
  });

  it('everything else is 401', async () => {
    expect((await call('GET', '/api/definitions', { key: null })).status).toBe(401);
    expect((await call('GET', '/api/nowhere', { key: null })).status).toBe(401);
  });
});

it('the Location of a task is where it can be read', async () => {
  const { headers, body } = await post('/api/tasks', render);
  const { href } = new URL(String(headers.get('location')), `${url}/api/tasks`);
  const answer = await call('GET', href.slice(url.length));
  expect(href).toBe(`${url}/api/tasks/${body.id}`);
  expect(answer).toMatchObject({ status: 200, body: { id: body.id } });
});

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };
  const cases: [string, number, string, () => ReturnType<typeof call>][] = [
    ['an unknown key', 401, 'unauthenticated', () => call('GET', '/api/definitions', { key: 'mr_nobody' })],
    ['a key without the scope to submit', 403, 'missing_scope', () => post('/api/tasks', render, { key: keys.read })],
    ['a key without the scope to read', 403, 'missing_scope', () => call('GET', UNKNOWN_TASK, { key: keys.submit })],
    ['an unknown task', 404, 'not_found', () => call('GET', UNKNOWN_TASK)],
    ['what is no task id', 404, 'not_found', () => call('GET', '/api/tasks/nonsense')],
    ['an unknown path', 404, 'not_found', () => call('GET', '/api/nowhere')],
    ['a method that a path does not have', 405, 'method_not_allowed', () => call('PUT', UNKNOWN_TASK)],
    ['a body that is not JSON', 400, 'invalid_request', () => call('POST', '/api/tasks', { headers: json, body: '{' })],
    ['no body', 400, 'invalid_request', () => call('POST', '/api/tasks', { headers: json })],
    [
      'another media type',
      415,
      'unsupported_media_type',
      () => call('POST', '/api/tasks', { headers: { 'content-type': 'text/plain' }, body: '{}' }),
    ],
    [
      'a body of over 2.5 MB',
      413,
      'payload_too_large',
      () => post('/api/tasks', { ...render, input: { markdown: 'x'.repeat(2_600_000) } }),
    ],
    ['an unknown field', 400, 'invalid_request', () => post('/api/tasks', { ...render, tenantId: 'other' })],
    ['a wrong type of a field', 400, 'invalid_request', () => post('/api/tasks', { ...render, maxAttempts: '3' })],
    ['an unknown task type', 400, 'invalid_request', () => post('/api/tasks', { type: 'toString', input: {} })],
    [
      "input against the type's schema",
      400,
      'invalid_request',
      () => post('/api/tasks', { ...render, input: { text: 1 } }),
    ],
    ['an unknown priority', 400, 'invalid_request', () => post('/api/tasks', { ...render, priority: 'urgent' })],
    [
      'a timeout above its class',
      400,
      'invalid_request',
      () => post('/api/tasks', { ...render, timeoutSeconds: 3600 }),
    ],
    [
      'an Idempotency-Key with a space',
      400,
      'invalid_request',
      () => post('/api/tasks', render, { headers: { 'idempotency-key': 'a b' } }),
    ],
  ];

  it.each(cases)('%s is %i %s', async (_, status, code, request) => {
    const answer = await request();
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, code, detail: expect.any(String) });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toMatch(/ at .*\.m?[jt]s|node:|Error:/);
  });

  it('names every wrong field', async () => {
    const { body } = await post('/api/tasks', { ...render, input: { markdown: 7, more: 1 }, timeoutSeconds: 3600 });
    const fields = (body.errors as { field: string }[]).map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['/input/markdown', '/input/more', '/timeoutSeconds']));
  });
});

describe('a tenant', () => {
  it("cannot read another's task", async () => {
    const { id } = await submit(render);
    const answer = await call('GET', `/api/tasks/${id}`, { key: keys.otherTenant });
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('shares no Idempotency-Key with another', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const mine = await submit(render, { headers });
    const theirs = await submit(render, { headers, key: keys.otherTenant });
    expect(theirs.id).not.toBe(mine.id);
    expect(theirs.tenantId).toBe('other');
  });
});

describe('an Idempotency-Key', () => {
  it('answers a repeated submit with the first task, which runs once', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const { id } = await submit(render, { headers });
    await until(id, 'succeeded');
    const replay = await post('/api/tasks', render, { headers });
    expect(replay.status).toBe(202);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect(replay.headers.get('location')).toBe(`/api/tasks/${id}`);
    expect(replay.body).toMatchObject({ id, status: 'succeeded', attempt: 1 });
  });

  it('refuses another task', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    await submit(render, { headers });
    const other = await post('/api/tasks', { ...render, input: { markdown: '# other' } }, { headers });
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });
});

describe('the definitions', () => {
  it('tell what a caller has to send', async () => {
    const { body } = await call('GET', '/api/definitions');
    const types = Object.fromEntries((body.items as { type: string }[]).map((item) => [item.type, item]));
    expect(Object.keys(types).sort()).toEqual(Object.keys(tasks).sort());
    expect(types['markdown.render']).toMatchObject({
      resources: 'default',
      inputSchema: { type: 'object', required: ['markdown'], additionalProperties: false },
    });
  });
});
