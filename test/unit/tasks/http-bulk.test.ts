import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { httpBulk } from '../../../tasks/http-bulk/definition.ts';
import { serve } from '../adapters/loopback-server.ts';
import { linesOf, recordsFor, send } from './bulk-calls.ts';
import { issuesOf, taskContext } from './task-context.ts';

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
