import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { httpRequest } from '../../../tasks/http-request/definition.ts';
import { bodyOf, serve } from '../adapters/loopback-server.ts';
import { attempt, issuesOf, TASK_ID, taskContext } from './task-context.ts';

const URL_OK = 'https://example.com/';

describe('the input', () => {
  test.each([
    [{}, 'url: '],
    [{ url: 'example.com' }, 'url: '],
    [{ url: 'ftp://example.com/' }, 'url: '],
    [{ url: `https://example.com/${'x'.repeat(2048)}` }, 'url: '],
    [{ url: URL_OK, method: 'CONNECT' }, 'method: '],
    [{ url: URL_OK, method: 'get' }, 'method: '],
    [{ url: URL_OK, cache: 5 }, ': has no "cache"; there are:'],
    [{ url: URL_OK, cacheSeconds: -1 }, 'cacheSeconds: '],
    [{ url: URL_OK, cacheSeconds: 1.5 }, 'cacheSeconds: '],
    [{ url: URL_OK, cacheSeconds: 86_401 }, 'cacheSeconds: '],
    [{ url: URL_OK, cacheSeconds: 5, method: 'POST' }, 'cacheSeconds: is for GET alone'],
    [{ url: URL_OK, body: 'x' }, 'body: cannot be sent with GET or HEAD'],
    [{ url: URL_OK, method: 'POST', body: { a: 1 } }, 'body: '],
    [{ url: URL_OK, method: 'POST', body: 'x'.repeat(1_000_001) }, 'body: '],
    [{ url: URL_OK, headers: { Host: 'a' } }, 'headers.Host: is set by Millrace and cannot be given'],
    [{ url: URL_OK, headers: { 'Content-Length': '1' } }, 'headers.Content-Length: is set by Millrace'],
    [{ url: URL_OK, headers: { 'transfer-encoding': 'chunked' } }, 'headers.transfer-encoding: is set by Millrace'],
    [{ url: URL_OK, headers: { connection: 'upgrade' } }, 'headers.connection: is set by Millrace'],
    [{ url: URL_OK, headers: { 'IDEMPOTENCY-KEY': 'mine' } }, 'headers.IDEMPOTENCY-KEY: is set by Millrace'],
    [{ url: URL_OK, headers: { 'Millrace-Attempt': '1' } }, 'headers.Millrace-Attempt: is set by Millrace'],
    [{ url: URL_OK, headers: { 'a b': 'x' } }, 'headers.a b: is no header name'],
    [{ url: URL_OK, headers: { '': 'x' } }, 'headers.: is no header name'],
    [{ url: URL_OK, headers: { a: 'x\r\nb: y' } }, 'headers.a: must be printable text'],
    [{ url: URL_OK, headers: { a: 'ł' } }, 'headers.a: must be printable text'],
    [{ url: URL_OK, headers: { a: 'x'.repeat(4001) } }, 'headers.a: must be printable text'],
    [{ url: URL_OK, headers: numberedHeaders(51) }, 'headers: at most 50 headers'],
  ])('%# is refused, and its field named', async (input, message) => {
    const issues = await issuesOf(httpRequest, input);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.startsWith(message), issues[0]).toBe(true);
  });

  test.each([
    { url: URL_OK },
    { url: 'http://localhost:3000/a?b' },
    { url: URL_OK, method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain', 'X-A': 'é' } },
    { url: URL_OK, headers: numberedHeaders(50) },
    { url: URL_OK, cacheSeconds: 0 },
    { url: URL_OK, cacheSeconds: 86_400 },
  ])('%# is taken', async (input) => expect(await issuesOf(httpRequest, input)).toEqual([]));

  test.each([
    [{ url: URL_OK, body: 'x' }, false],
    [{ url: URL_OK, method: 'HEAD', body: 'x' }, false],
    [{ url: URL_OK, method: 'HEAD' }, true],
    [{ url: URL_OK, method: 'DELETE', body: 'x' }, true],
    [{ url: URL_OK, method: 'DELETE' }, true],
    [{ url: URL_OK, cacheSeconds: 5 }, true],
    [{ url: URL_OK, method: 'GET', cacheSeconds: 5 }, true],
    [{ url: URL_OK, method: 'HEAD', cacheSeconds: 5 }, false],
    [{ url: URL_OK, method: 'POST', cacheSeconds: 5 }, false],
  ])('is described with what goes with which method: %j', (input, isValid) => {
    const described = httpRequest.input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    expect(z.fromJSONSchema(described).safeParse(input).success).toBe(isValid);
  });
});

function numberedHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'x']));
}

describe('an answer that fails the attempt', () => {
  test.each([
    [500, true],
    [503, true],
    [599, true],
    [429, true],
    [400, false],
    [401, false],
    [404, false],
    [408, false],
    [422, false],
    [499, false],
  ])('%i: retryable is %s', async (status, retryable) => {
    const { url } = await serve((_, response) => response.writeHead(status).end('the reason'));
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({
      code: `http_${status}`,
      message: `the server answered ${status}: the reason`,
      retryable,
      retryAfterSeconds: undefined,
    });
  });

  test.each([
    ['7', 7],
    ['0', 0],
    [new Date(Date.now() + 90_000).toUTCString(), expect.toSatisfy((seconds: number) => seconds > 85 && seconds <= 90)],
    [new Date(Date.now() - 90_000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
  ])('asks for Retry-After: %s', async (retryAfter, retryAfterSeconds) => {
    const { url } = await serve((_, response) => response.writeHead(503, { 'retry-after': retryAfter }).end());
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({
      code: 'http_503',
      message: 'the server answered 503',
      retryAfterSeconds,
    });
  });

  test('of an error only the beginning is read', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      response.writeHead(400).write('e'.repeat(1000));
      request.socket.on('close', () => {
        closed = true;
      });
    });
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({
      message: `the server answered 400: ${'e'.repeat(200)}`,
    });
    await expect.poll(() => closed).toBe(true);
  });

  test('a body over 2 MB is given up, however small it was sent', async () => {
    const { url } = await serve((request, response) => {
      const body = Buffer.alloc(2_000_000 + (request.url === '/fits' ? 0 : 1), 'x');
      response.setHeader('content-encoding', 'gzip').end(gzipSync(body));
    });
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({ code: 'response_too_large', retryable: false });
    const { body } = (await attempt(httpRequest, { url: `${url}/fits` })) as { body: string };
    expect(body).toHaveLength(2_000_000);
  });

  test('a body without end is not read for ever', async () => {
    const { url } = await serve((request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(1_000_000)), 1);
      request.socket.on('close', () => clearInterval(timer));
    });
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({ code: 'response_too_large' });
  });

  test('a sixth redirect', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { location: '/' }).end());
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({ code: 'too_many_redirects', retryable: false });
  });

  test('no answer', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    await expect(attempt(httpRequest, { url })).rejects.toMatchObject({ code: 'network_error', retryable: true });
  });

  test('an abort, with its own reason', async () => {
    const { url } = await serve(() => {});
    const reason = new Error('timeout');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(attempt(httpRequest, { url }, taskContext(controller.signal))).rejects.toBe(reason);
  });

  test('a host that is not allowed', async () => {
    await expect(attempt(httpRequest, { url: 'http://169.254.169.254/latest/meta-data/' })).rejects.toMatchObject({
      code: 'host_not_allowed',
      retryable: false,
    });
  });
});

describe('a request', () => {
  test('arrives as it was asked for, with the id of the task as its Idempotency-Key, and the attempt', async () => {
    let seen: unknown;
    const { url } = await serve(async (request, response) => {
      const { method, url, headers } = request;
      seen = {
        method,
        url,
        type: headers['content-type'],
        key: headers['idempotency-key'],
        attempt: headers['millrace-attempt'],
        body: await bodyOf(request),
      };
      response.writeHead(201, { 'X-Id': '7' }).end('héllo');
    });
    const input = { url: `${url}/a?b=c#d`, method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'dätä' };
    expect(await attempt(httpRequest, input)).toMatchObject({ status: 201, headers: { 'x-id': '7' }, body: 'héllo' });
    expect(seen).toEqual({
      method: 'POST',
      url: '/a?b=c',
      type: 'text/plain',
      key: TASK_ID,
      attempt: '1',
      body: 'dätä',
    });
  });

  test.each([204, 304])('answered %i without a body succeeds', async (status) => {
    const { url } = await serve((_, response) => response.writeHead(status).end());
    expect(await attempt(httpRequest, { url })).toMatchObject({ status, body: '' });
  });

  test('is spared for cacheSeconds, also where another task asks', async () => {
    let requests = 0;
    const { url } = await serve((_, response) => response.end(`${++requests}`));
    const ctx = taskContext();
    const another = { ...ctx, task: { ...ctx.task, id: 'another', tenantId: 'umbrella' } };
    const outputs = [
      await attempt(httpRequest, { url, cacheSeconds: 60 }, ctx),
      await attempt(httpRequest, { url, cacheSeconds: 60 }, another),
      await attempt(httpRequest, { url }, ctx),
    ];
    expect(outputs).toMatchObject([{ body: '1' }, { body: '1' }, { body: '2' }]);
  });

  test('gives back characters whole that came in two pieces', async () => {
    const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
    const { url } = await serve((_, response) => {
      response.write(first);
      setTimeout(() => response.end(second), 20);
    });
    expect(await attempt(httpRequest, { url })).toMatchObject({ body: 'é' });
  });
});
