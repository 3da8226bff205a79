import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { httpRequest } from '../../../tasks/http-request/definition.ts';
import { bodyOf, serve } from '../adapters/loopback-server.ts';
import { attempt, TASK_ID, taskContext } from './task-context.ts';

describe('an answer that fails the attempt', () => {
  test.each([
    [500, true],
    [503, true],
    [599, true],
    [429, true],
    [408, true],
    [425, true],
    [400, false],
    [401, false],
    [404, false],
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

  test.each([300, 304, 305, 399, 301, 302])('%i without a location: nothing was answered', async (status) => {
    const { url } = await serve((_, response) => response.writeHead(status).end());
    for (const method of ['GET', 'POST']) {
      await expect(attempt(httpRequest, { url, method })).rejects.toMatchObject({
        code: `http_${status}`,
        message: `the server answered ${status}`,
        retryable: false,
      });
    }
  });

  test.each([301, 302, 303])('%i of a POST: it was not delivered', async (status) => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      seen.push(request.method);
      response.writeHead(request.method === 'GET' ? 200 : status, { location: '/login' }).end();
    });
    await expect(attempt(httpRequest, { url, method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: `http_${status}`,
      message: `the server answered ${status}: it redirects to /login`,
      retryable: false,
    });
    expect(seen).toEqual(['POST']);
  });

  test('is told in its charset, cut between characters, and never with characters in place of others', async () => {
    const { url } = await serve(({ url: path = '' }, response) => {
      const [type, body] =
        path === '/latin'
          ? ['text/plain; charset=ISO-8859-1', Buffer.from('ungültig', 'latin1')]
          : path === '/long'
            ? ['text/plain', `${'e'.repeat(199)}ü`]
            : ['image/png', Buffer.from([0x89, 0x50])];
      response.writeHead(422, { 'content-type': type }).end(body);
    });
    const told = async (path: string) => attempt(httpRequest, { url: url + path }).catch(({ message }) => message);
    expect(await told('/latin')).toBe('the server answered 422: ungültig');
    expect(await told('/long')).toBe(`the server answered 422: ${'e'.repeat(199)}`);
    expect(await told('/png')).toBe('the server answered 422: (what is no text, of type image/png)');
  });

  test('whose body cannot be read is still what its status says', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/coded') return void response.writeHead(503, { 'content-encoding': 'gzip' }).end('plain');
      response.writeHead(503, { 'content-length': 100 }).write('half');
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    for (const path of ['/coded', '/reset']) {
      await expect(attempt(httpRequest, { url: url + path })).rejects.toMatchObject({
        code: 'http_503',
        message: expect.stringMatching(/^the server answered 503: \(and the (answer|request) /),
        retryable: true,
      });
    }
  });

  test.each([
    ['7', 7],
    ['0', 0],
    [new Date(Date.now() + 90_000).toUTCString(), expect.toSatisfy((seconds: number) => seconds > 85 && seconds <= 90)],
    [new Date(Date.now() - 90_000).toUTCString(), 0],
    ['soon', undefined],
    ['', undefined],
    ['  20  ', 20],
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

  test('answered 204 without a body succeeds', async () => {
    const { url } = await serve((_, response) => response.writeHead(204).end());
    expect(await attempt(httpRequest, { url })).toMatchObject({ status: 204, body: '' });
  });

  test('tells what answered in the end', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/to') response.end('arrived');
      else response.writeHead(302, { location: '/to' }).end();
    });
    const output = { status: 200, url: `${url}/to`, body: 'arrived', encoding: 'text' };
    expect(await attempt(httpRequest, { url })).toMatchObject({ ...output, redirected: true });
    expect(await attempt(httpRequest, { url: `${url}/to` })).toMatchObject({ ...output, redirected: false });
    const form = { url, method: 'POST', body: 'a=b', followAsGet: true };
    expect(await attempt(httpRequest, form)).toMatchObject({ ...output, redirected: true });
  });

  test.each([
    [[0xff, 0xd8, 0xff, 0xe0], 'image/jpeg'],
    [[0x41, 0x42], 'image/png'],
    [[0x1f, 0x8b, 0x08, 0x00], 'application/octet-stream'],
    [[0xfc], 'text/plain'],
    [[0xfc], 'text/plain; charset=utf-8'],
    [[0x41], 'text/plain; charset=martian'],
  ])('gives back as base64 what is no text: %j of %s', async (bytes, contentType) => {
    const { url } = await serve((_, response) =>
      response.setHeader('content-type', contentType).end(Buffer.from(bytes)),
    );
    expect(await attempt(httpRequest, { url })).toMatchObject({
      body: Buffer.from(bytes).toString('base64'),
      encoding: 'base64',
    });
  });

  test('is spared for cacheSeconds, also where another task asks', async () => {
    let requests = 0;
    const { url } = await serve((_, response) => response.end(`${++requests}`));
    const ctx = taskContext();
    const another = { ...ctx, task: { ...ctx.task, id: 'another' } };
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
