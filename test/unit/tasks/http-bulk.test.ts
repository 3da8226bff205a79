import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BatchOutcome } from '../../../functions/core/define-task.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import { httpBulk } from '../../../tasks/http-bulk/definition.ts';
import { serve } from '../adapters/loopback-server.ts';
import { issuesOf, taskContext } from './task-context.ts';

type Input = { readonly endpoint: string; readonly record: JsonValue };

/** One call for these inputs, as the executor makes it. */
function send(inputs: readonly Input[], ctx = taskContext()): Promise<readonly BatchOutcome[]> {
  const items = inputs.map((input, place) => ({ input, task: { ...ctx.task, id: `task-${place}` } }));
  return httpBulk.run(items, ctx);
}

const linesOf = async (request: IncomingMessage): Promise<unknown[]> =>
  gunzipSync(await buffer(request))
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const answering =
  (status: number, body: unknown = '', headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));

const recordsFor = (endpoint: string, count: number): Input[] =>
  Array.from({ length: count }, (_, record) => ({ endpoint, record }));

describe('the input', () => {
  const endpoint = 'https://example.com/';
  test.each([
    [{ record: 1 }, 'endpoint: '],
    [{ endpoint: 'ftp://example.com', record: 1 }, 'endpoint: '],
    [{ endpoint }, 'record: is missing'],
    [{ endpoint, record: 'x'.repeat(99_999) }, 'record: must have at most 100000 characters as JSON'],
    [{ endpoint, record: 1, key: 2 }, ': has no "key"; there are:'],
  ])('%# is refused, and its field named', async (input, message) => {
    const issues = await issuesOf(httpBulk, input);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.startsWith(message), issues[0]).toBe(true);
  });

  test.each([null, 0, 'x'.repeat(99_998), [], { a: [{ b: 'ü\n' }] }])('%# is taken', async (record) => {
    expect(await issuesOf(httpBulk, { endpoint, record })).toEqual([]);
  });
});

describe('a request', () => {
  test('has the records of its endpoint as lines of gzipped NDJSON, under a key that its tasks make', async () => {
    const seen: { readonly lines: unknown[]; readonly request: IncomingMessage }[] = [];
    const { url } = await serve(async (request, response) => {
      seen.push({ request, lines: await linesOf(request) });
      response.end();
    });
    const records = [{ text: 'a\nb\u2028' }, null, [1, 'ü']];
    const inputs = records.map((record) => ({ endpoint: `${url}/in?x=1`, record }));
    expect(await send(inputs)).toEqual(Array(3).fill({ status: 200 }));
    await send(inputs);
    await send(inputs.slice(1));
    const [first, second, third] = seen;
    expect(first?.lines).toEqual(records);
    expect(first?.request).toMatchObject({
      method: 'POST',
      url: '/in?x=1',
      headers: {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
        'idempotency-key': expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(second?.request.headers['idempotency-key']).toBe(first?.request.headers['idempotency-key']);
    expect(third?.request.headers['idempotency-key']).not.toBe(first?.request.headers['idempotency-key']);
  });

  test('is the same when the same tasks come in another order', async () => {
    const seen: unknown[] = [];
    const { url } = await serve(async (request, response) => {
      const lines = await linesOf(request);
      seen.push({ key: request.headers['idempotency-key'], lines });
      response.end(JSON.stringify({ items: lines.map((line) => ({ status: 200 + Number(line) })) }));
    });
    const ctx = taskContext();
    const items = recordsFor(url, 5).map((input, place) => ({ input, task: { ...ctx.task, id: `task-${place}` } }));
    expect(await httpBulk.run(items, ctx)).toEqual([200, 201, 202, 203, 204].map((status) => ({ status })));
    expect(await httpBulk.run(items.toReversed(), ctx)).toEqual(
      [204, 203, 202, 201, 200].map((status) => ({ status })),
    );
    expect(seen[1]).toEqual(seen[0]);
  });
});

describe('an answer', () => {
  test('for each record is the outcome of each', async () => {
    const items = [
      { status: 201, id: 'more than we ask' },
      { status: 422, error: 'no such field' },
      { status: 503 },
      { status: 429, error: 'x'.repeat(1000) },
    ];
    const { url } = await serve(answering(207, { items, took: 3 }, { 'retry-after': '7' }));
    const outcomes = await send(recordsFor(url, 4));
    expect(outcomes).toMatchObject([
      { status: 201 },
      { code: 'http_422', message: 'the server answered 422: no such field', retryable: false },
      { code: 'http_503', message: 'the server answered 503', retryable: true, retryAfterSeconds: 7 },
      { code: 'http_429', retryable: true, retryAfterSeconds: 7 },
    ]);
    expect(outcomes[0]).toEqual({ status: 201 });
    expect((outcomes[3] as Error).message).toBe(`the server answered 429: ${'x'.repeat(200)}`);
  });

  test.each([
    [200, ''],
    [202, 'accepted'],
    [200, { ok: true }],
    [200, { items: [{ id: 'a' }, { id: 'b' }] }],
    [200, { items: [{ status: 'fine' }, { status: 'fine' }] }],
    [204, ''],
  ])('of %i that says nothing of each is the outcome of all: %j', async (status, body) => {
    const { url } = await serve(answering(status, body));
    expect(await send(recordsFor(url, 2))).toEqual([{ status }, { status }]);
  });

  test.each([
    [200, { items: [{ status: 200 }] }, 'the server answered for 1 records where 2 were sent'],
    [200, { items: Array(3).fill({ status: 200 }) }, 'the server answered for 3 records where 2 were sent'],
    [207, 'several', 'the server answered 207 without {"items": [{"status": ...}, ...]}'],
    [207, { items: [{ status: 200 }, { status: 1000 }] }, 'the server answered 207 without'],
  ])('of %i that cannot be told apart fails all for good: %j', async (status, body, message) => {
    const { url } = await serve(answering(status, body));
    for (const outcome of await send(recordsFor(url, 2))) {
      expect(outcome).toMatchObject({ code: 'invalid_answer', retryable: false });
      expect((outcome as Error).message.startsWith(message)).toBe(true);
    }
  });

  test.each([
    [500, true],
    [429, true],
    [400, false],
    [404, false],
    [413, false],
  ])('%i fails all: retryable is %s', async (status, retryable) => {
    const { url } = await serve(answering(status, 'the reason', { 'retry-after': '9' }));
    const failure = { code: `http_${status}`, message: `the server answered ${status}: the reason`, retryable };
    expect(await send(recordsFor(url, 2))).toMatchObject(Array(2).fill({ ...failure, retryAfterSeconds: 9 }));
  });

  test('over 2 MB fails all', async () => {
    const { url } = await serve(answering(200, 'x'.repeat(2_000_001)));
    expect(await send(recordsFor(url, 1))).toMatchObject([{ code: 'response_too_large', retryable: false }]);
  });
});

describe('an endpoint that fails', () => {
  test('fails its own records alone: by its status, by no answer, by a host that is not allowed', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/dead') request.socket.destroy();
      else response.writeHead(request.url === '/down' ? 500 : 200).end();
    });
    const endpoints = [`${url}/fine`, `${url}/down`, `${url}/dead`, 'http://169.254.169.254/', `${url}/fine`];
    expect(await send(endpoints.map((endpoint, record) => ({ endpoint, record })))).toMatchObject([
      { status: 200 },
      { code: 'http_500', retryable: true },
      { code: 'network_error', retryable: true },
      { code: 'host_not_allowed', retryable: false },
      { status: 200 },
    ]);
  });

  test('by never answering, fails its own records with the reason of the abort', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/fine') response.end();
    });
    const controller = new AbortController();
    const reason = new Error('timeout');
    setTimeout(() => controller.abort(reason), 100);
    const inputs = [`${url}/slow`, `${url}/fine`].map((endpoint) => ({ endpoint, record: 1 }));
    expect(await send(inputs, taskContext(controller.signal))).toEqual([reason, { status: 200 }]);
  });
});
