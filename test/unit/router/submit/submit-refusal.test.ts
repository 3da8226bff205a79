import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer } from '../../../../functions/router/router.ts';
import { type ApiRequest, apiEvent } from '../../../doubles/api-event.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const MAX_BODY_BYTES = 2_500_000;
const valid = { type: 'greet', input: { name: 'Ada' } };
const submit = (world: World, request: ApiRequest) => callApi(world, 'POST /api/tasks', request);

let world: World;
const accesses: string[] = [];

beforeEach(() => {
  world = createWorld([greet, echo]);
  accesses.length = 0;
  const refuse = (name: string) => async () => {
    accesses.push(name);
    throw new Error(`a refused submit reached ${name}`);
  };
  Object.assign(world.ports.payloads, { put: refuse('payloads') });
  Object.assign(world.ports.queue, { send: refuse('queue') });
  Object.assign(world.ports.store, { insert: refuse('store') });
});

afterEach(() => {
  expect(accesses).toEqual([]);
  expect(world.recorded).toEqual([]);
});

describe('a body that cannot be read', () => {
  it.each([
    ['is not JSON', '{"type":', 'not JSON'],
    ['is empty', '', 'not JSON'],
    ['is missing', undefined, 'not JSON'],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'not JSON: it is not UTF-8'],
    ['is UTF-16', Buffer.from('{"type": "echo"}', 'utf16le'), 'not JSON'],
    ['is UTF-16 with its mark', Buffer.from('\ufeff{}', 'utf16le'), 'it is not UTF-8'],
    ['has two marks', '\ufeff\ufeff{}', 'not JSON'],
    ['is binary', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), 'not JSON'],
    ['nests 200,000 levels', `{"type":"echo","input":${'['.repeat(2e5)}${']'.repeat(2e5)}}`, '100 levels'],
    ['nests 101 levels', `{"type":"echo","input":${'['.repeat(100)}${']'.repeat(100)}}`, '100 levels'],
  ])('because it %s is invalid_request', async (_, body, detail) => {
    const answer = await submit(world, { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', detail: expect.stringContaining(detail) },
    });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).not.toHaveProperty('errors');
  });

  it('because it is base64 of nothing like base64 is invalid_request', async () => {
    const event = { ...apiEvent('POST /api/tasks'), body: '%%%', isBase64Encoded: true };
    expect(await answer(event, world.ports)).toMatchObject({ statusCode: 400 });
  });

  it.each([
    'text/plain',
    'application/json-patch+json',
    'application/jsonx',
    '',
    'application/json, text/json',
    undefined,
  ])('because it comes as %j is unsupported_media_type', async (contentType) => {
    expect(await submit(world, { body: valid, headers: { 'content-type': contentType } })).toMatchObject({
      status: 415,
      headers: { 'content-type': 'application/problem+json' },
      body: { code: 'unsupported_media_type' },
    });
  });

  it.each([...['iso-8859-1', 'windows-1252', 'utf-16', 'UTF-16LE', 'us-ascii', 'utf-7', '', '"latin1"', 'utf-8x']])(
    'because its charset is %j is unsupported_media_type, which says what is taken',
    async (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      expect(await submit(world, { body: valid, headers })).toMatchObject({
        status: 415,
        body: { code: 'unsupported_media_type', detail: expect.stringContaining('UTF-8') },
      });
    },
  );

  it.each([
    ['text', `"${'x'.repeat(MAX_BODY_BYTES - 1)}"`],
    ['base64', Buffer.alloc(MAX_BODY_BYTES + 1, '[')],
    ['characters of several bytes', `"${'é'.repeat(MAX_BODY_BYTES / 2)}"`],
  ])('because its %s is over 2.5 MB is payload_too_large', async (_, body) => {
    expect(await submit(world, { body })).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  });
});

it('an input that does not fit into the answer that shows it is payload_too_large', async () => {
  const body = JSON.stringify({ type: 'echo', input: '"'.repeat(1_100_000) });
  expect(body.length).toBeLessThan(MAX_BODY_BYTES);
  expect(await submit(world, { body })).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
});

describe('a body that is wrong is invalid_request and names the field', () => {
  const outer = (wrong: Record<string, unknown>) => ({ ...valid, ...wrong });

  it.each<[unknown, string[]]>([
    [[], ['']],
    ['"greet"', ['']],
    ['null', ['']],
    [{ input: {} }, ['/type']],
    [{ type: 'greet' }, ['/input']],
    [{}, ['/type', '/input']],
    [outer({ surprise: 1, priority: 1 }), ['/priority', '/surprise']],
    [outer({ tenantId: 'other', status: 'succeeded' }), ['/tenantId', '/status']],
    ['{"type":"greet","input":{"name":"Ada"},"__proto__":{"priority":"high"}}', ['/__proto__']],
    [outer({ type: 7 }), ['/type']],
    [outer({ type: '' }), ['/type']],
    [outer({ type: 'unheard-of' }), ['/type']],
    [outer({ type: '__proto__' }), ['/type']],
    [outer({ type: 'constructor' }), ['/type']],
    [outer({ type: 'toString' }), ['/type']],
    [outer({ priority: 'urgent' }), ['/priority']],
    [outer({ priority: null }), ['/priority']],
    [outer({ maxAttempts: 0 }), ['/maxAttempts']],
    [outer({ maxAttempts: 21 }), ['/maxAttempts']],
    [outer({ maxAttempts: 1.5 }), ['/maxAttempts']],
    [outer({ maxAttempts: '3' }), ['/maxAttempts']],
    [outer({ timeoutSeconds: 0 }), ['/timeoutSeconds']],
    [outer({ timeoutSeconds: 0.5 }), ['/timeoutSeconds']],
    [outer({ timeoutSeconds: 51 }), ['/timeoutSeconds']],
    [{ type: 'echo', input: 1, timeoutSeconds: 291 }, ['/timeoutSeconds']],
    [outer({ assignee: 'ada' }), ['/assignee']],
    [outer({ assignee: {} }), ['/assignee/type', '/assignee/id']],
    [outer({ assignee: { type: 'user' } }), ['/assignee/id']],
    [outer({ assignee: { type: '', id: 'x'.repeat(129) } }), ['/assignee/type', '/assignee/id']],
    [outer({ assignee: { type: 'x'.repeat(65), id: '' } }), ['/assignee/type', '/assignee/id']],
    [outer({ assignee: { type: 'user', id: 'u', name: 'Ada' } }), ['/assignee/name']],
    [outer({ assignee: { type: '\ud83d', id: '\ude82' } }), ['/assignee/type', '/assignee/id']],
    [outer({ workflowInstanceId: '\ud83d' }), ['/workflowInstanceId']],
    [outer({ workflowInstanceId: '' }), ['/workflowInstanceId']],
    [outer({ workflowInstanceId: 'x'.repeat(129) }), ['/workflowInstanceId']],
    [outer({ priority: 1, timeoutSeconds: 51 }), ['/priority', '/timeoutSeconds']],
    [outer({ priority: 1, maxAttempts: 0, timeoutSeconds: -1 }), ['/priority', '/maxAttempts', '/timeoutSeconds']],
    [outer({ input: null }), ['/input']],
    [outer({ input: {} }), ['/input/name']],
    [
      outer({ input: { name: 7, numbers: [1, 'two', 3.5], 'a/b~c': 1 } }),
      ['/input/name', '/input/numbers/1', '/input/numbers/2', '/input/a~1b~0c'],
    ],
    [outer({ input: { name: 7 }, timeoutSeconds: 51 }), ['/input/name', '/timeoutSeconds']],
  ])('%j: %j', async (body, fields) => {
    const { status, headers, body: problem } = await submit(world, { body });
    expect({ status, code: problem.code }).toEqual({ status: 400, code: 'invalid_request' });
    expect(headers['content-type']).toBe('application/problem+json');
    const errors = problem.errors as { field: string; message: string }[];
    expect(errors.map(({ field }) => field)).toEqual(fields);
    expect(errors.every(({ message }) => message.length > 0)).toBe(true);
  });

  it('and says of an input that is missing just that', async () => {
    const { body } = await submit(world, { body: { type: 'greet' } });
    expect(body.errors).toEqual([{ field: '/input', message: 'is missing' }]);
  });

  it('and lists the task types that there are', async () => {
    const { body } = await submit(world, { body: { type: 'gret', input: {} } });
    expect(JSON.stringify(body)).toContain('greet, echo');
  });
});

it.each(['', ' ', 'two words', 'x'.repeat(129), 'clé', 'line\nbreak'])(
  'the Idempotency-Key %j is invalid_request and names the header',
  async (key) => {
    expect(await submit(world, { body: valid, headers: { 'idempotency-key': key } })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ field: 'Idempotency-Key', message: expect.any(String) }] },
    });
  },
);
