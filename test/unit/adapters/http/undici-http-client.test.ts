import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseOutboundHosts, type Resolve } from '../../../../functions/adapters/http/outbound-policy.ts';
import { UndiciHttpClient } from '../../../../functions/adapters/http/undici-http-client.ts';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };

const NETWORK_ERROR = { name: 'TaskFailure', code: 'network_error', retryable: true };
const HOST_NOT_ALLOWED = { name: 'TaskFailure', code: 'host_not_allowed', retryable: false };

test('a server that does not begin its answer in time is down, and spared after ten requests', async () => {
  const { url } = await serve(() => {});
  const client = clientFor('127.0.0.1');
  const ask = () => client.request(url, { signal: never, answerSeconds: 0.2 });
  const first = await Promise.allSettled(Array.from({ length: 10 }, ask));
  expect(first).toMatchObject(Array(10).fill({ status: 'rejected', reason: NETWORK_ERROR }));
  await expect(ask()).rejects.toMatchObject({ code: 'circuit_open' });
});

describe('where it must not go', () => {
  test('a loopback address in the URL is refused before a connection is opened', async () => {
    let connections = 0;
    const { url, server } = await serve((_, response) => response.end('secret'));
    server.on('connection', () => connections++);
    await expect(clientFor('*').request(url, { signal: never })).rejects.toMatchObject(HOST_NOT_ALLOWED);
    expect(connections).toBe(0);
  });

  test('a name that resolves to a loopback address is refused, and the message says what would be right', async () => {
    const { port } = await serve((_, response) => response.end('secret'));
    const client = clientFor('*.example.com', async () => [LOOPBACK]);
    await expect(client.request(`http://a.example.com:${port}/`, { signal: never })).rejects.toMatchObject({
      ...HOST_NOT_ALLOWED,
      message: 'a.example.com has no public address; hosts inside a network have to be named in full in outboundHosts',
    });
  });

  test('a name that resolves to loopback under https is refused before TLS starts', async () => {
    const client = clientFor('*', async () => [LOOPBACK]);
    await expect(client.request('https://a.example.com/', { signal: never })).rejects.toMatchObject(HOST_NOT_ALLOWED);
  });

  test('a name that resolves anew to a loopback address is refused: no request goes where none was checked', async () => {
    const answers: LookupAddress[][] = [[LOOPBACK], [{ address: '127.0.0.2', family: 4 }]];
    const asked: string[] = [];
    const { port } = await serve((_, response) => response.setHeader('connection', 'close').end('ok'));
    const policy = parseOutboundHosts('*');
    // The policy acts as if 127.0.0.1 were public, so that the first answer of the name may be connected to.
    const allowsAddress = (_: string, address: string): boolean => address === '127.0.0.1';
    const client = new UndiciHttpClient({ ...policy, allowsAddress }, async (hostname) => {
      asked.push(hostname);
      return answers.shift() ?? [];
    });
    onTestFinished(() => client.close());
    const url = `http://rebind.example.com:${port}/`;
    const first = await client.request(url, { signal: never });
    expect(await first.body.text()).toBe('ok');
    await expect(client.request(url, { signal: never })).rejects.toMatchObject(HOST_NOT_ALLOWED);
    expect(asked).toEqual(['rebind.example.com', 'rebind.example.com']);
  });

  test('of several addresses only the allowed are connected to', async () => {
    const { port } = await serve((_, response) => response.end('reached'));
    const allowed = {
      ...parseOutboundHosts('*'),
      allowsAddress: (_: string, address: string) => address === '127.0.0.1',
    };
    const resolve: Resolve = async () => [{ address: '127.0.0.9', family: 4 }, { address: '::1', family: 6 }, LOOPBACK];
    const client = new UndiciHttpClient(allowed, resolve);
    onTestFinished(() => client.close());
    const response = await client.request(`http://many.example.com:${port}/`, { signal: never });
    expect(await response.body.text()).toBe('reached');
  });

  test.each(['http://localhost:1/', 'ftp://127.0.0.1/', 'file:///etc/passwd', 'http://169.254.169.254/latest'])(
    'a redirect to %s is refused',
    async (location) => {
      const { url } = await serve((_, response) => response.writeHead(302, { location }).end());
      await expect(clientFor('*,127.0.0.1').request(url, { signal: never })).rejects.toMatchObject({
        code: expect.stringMatching(/^(host_not_allowed|invalid_url)$/),
        retryable: false,
      });
    },
  );

  test('what is no URL is refused', async () => {
    await expect(clientFor('*').request('example.com', { signal: never })).rejects.toMatchObject({
      code: 'invalid_url',
    });
  });
});

describe('a failure tells nothing of a URL beyond its host, since the rest may hold secrets', () => {
  test.each([
    ['too_many_redirects', '/?key=secret', 'redirects more than 5 times'],
    ['invalid_redirect', 'http://[secret', 'redirects to what is no URL'],
  ])('%s', async (code, location, message) => {
    const { url, port } = await serve((_, response) => response.writeHead(302, { location }).end());
    await expect(clientFor('127.0.0.1').request(`${url}/?key=secret`, { signal: never })).rejects.toMatchObject({
      code,
      message: `127.0.0.1:${port} ${message}`,
    });
  });

  test('network_error', async () => {
    const { url } = await serve((request) => request.socket.destroy());
    const sent = clientFor('127.0.0.1').request(`${url}/secret?key=secret`, { signal: never });
    await expect(sent).rejects.toMatchObject({ ...NETWORK_ERROR, message: expect.not.stringContaining('secret') });
  });

  test('invalid_url', async () => {
    const sent = clientFor('*').request('http://example.com:port/?key=secret', { signal: never });
    await expect(sent).rejects.toMatchObject({
      code: 'invalid_url',
      message: expect.not.stringContaining('secret'),
    });
  });
});

describe('where no answer comes', () => {
  test('a refused connection', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    await expect(clientFor('127.0.0.1').request(`http://127.0.0.1:${port}/`, { signal: never })).rejects.toMatchObject({
      ...NETWORK_ERROR,
      message: `the request to 127.0.0.1:${port} failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  test('a name that does not resolve', async () => {
    const client = clientFor('*', async () => Promise.reject(new Error('getaddrinfo ENOTFOUND nowhere.example')));
    await expect(client.request('http://nowhere.example/', { signal: never })).rejects.toMatchObject({
      ...NETWORK_ERROR,
      message: 'the request to nowhere.example failed: getaddrinfo ENOTFOUND nowhere.example',
    });
  });

  test('a connection that is reset before the answer', async () => {
    const { url } = await serve((request) => request.socket.resetAndDestroy());
    await expect(clientFor('127.0.0.1').request(url, { signal: never })).rejects.toMatchObject(NETWORK_ERROR);
  });

  test('a connection that is reset before a compressed body begins', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).flushHeaders();
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    await expect(response.body.text()).rejects.toMatchObject(NETWORK_ERROR);
  });

  test('a connection that is reset within the body', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half');
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    expect(response.status).toBe(200);
    await expect(response.body.text()).rejects.toMatchObject(NETWORK_ERROR);
  });

  test.each([
    ['gzip', Buffer.from('plain'), false],
    ['deflate', Buffer.from('plain'), false],
    ['br', Buffer.from('plainly no brotli'), false],
    ['zstd', Buffer.from('plain'), false],
    ['gzip', gzipSync('x'.repeat(999)).subarray(0, 20), true],
    ['deflate', deflateSync('x'.repeat(999)).subarray(0, 10), true],
    ['br', brotliCompressSync('x'.repeat(999)).subarray(0, 10), true],
    ['zstd', zstdCompressSync('x'.repeat(999)).subarray(0, 15), true],
    ['br, gzip', gzipSync('plainly no brotli'), false],
  ])('is no fault of the network where a body is no %s: %#', async (coding, body, retryable) => {
    const { url } = await serve((_request, response) => response.setHeader('content-encoding', coding).end(body));
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    await expect(response.body.text()).rejects.toMatchObject({
      code: 'invalid_encoding',
      message: expect.stringMatching(/^the answer of 127\.0\.0\.1:\d+ is not coded as its Content-Encoding says: /),
      retryable,
    });
  });

  test.each(['x-gzip', 'GZIP', 'identity, gzip'])('%s is gzip', async (coding) => {
    const { url } = await serve((_, response) => response.setHeader('content-encoding', coding).end(gzipSync('text')));
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    expect(await response.body.text()).toBe('text');
  });

  test('a header that cannot be sent is no network error', async () => {
    const { url } = await serve((_, response) => response.end());
    const request = { headers: { 'x-a': 'a\r\nx-b: b' }, signal: never };
    await expect(clientFor('127.0.0.1').request(url, request)).rejects.toMatchObject({
      code: 'invalid_request',
      retryable: false,
    });
  });
});

describe('an abort', () => {
  const reason = new Error('the task took too long');

  test('before the request', async () => {
    const { url } = await serve((_, response) => response.end());
    await expect(clientFor('127.0.0.1').request(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('while the server thinks', async () => {
    const { url } = await serve(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 30);
    await expect(clientFor('127.0.0.1').request(url, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('while the body is read', async () => {
    const { url } = await serve((_, response) => void response.writeHead(200).write('half'));
    const controller = new AbortController();
    const response = await clientFor('127.0.0.1').request(url, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(response.body.text()).rejects.toBe(reason);
  });

  test('while the body of a redirect is discarded', async () => {
    const { url } = await serve((_, response) => void response.writeHead(302, { location: '/' }).write('half'));
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 60);
    await expect(clientFor('127.0.0.1').request(url, { signal: controller.signal })).rejects.toBe(reason);
  });

  test('while nobody reads the body ends the connection, and not the process', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      response.writeHead(200).write('half');
      request.socket.on('close', () => {
        closed = true;
      });
    });
    const controller = new AbortController();
    await clientFor('127.0.0.1').request(url, { signal: controller.signal });
    controller.abort(reason);
    await expect.poll(() => closed).toBe(true);
  });
});

describe('a body', () => {
  const answering = async (contentType: string, body: Uint8Array) => {
    const { url } = await serve((_, response) => response.setHeader('content-type', contentType).end(body));
    return clientFor('127.0.0.1').request(url, { signal: never });
  };

  test('is read as text of its charset, as JSON, or as bytes', async () => {
    const type = 'application/json; charset=iso-8859-1';
    const bytes = Buffer.from('{"a":"ü"}', 'latin1');
    expect(await (await answering(type, bytes)).body.text()).toBe('{"a":"ü"}');
    expect(await (await answering(type, bytes)).body.json()).toEqual({ a: 'ü' });
    expect(Buffer.from(await (await answering(type, bytes)).body.bytes())).toEqual(bytes);
  });

  test('that is no text, or no JSON, fails as such', async () => {
    const { body } = await answering('text/plain', Buffer.from([0xfc]));
    await expect(body.text()).rejects.toMatchObject({ code: 'invalid_encoding', retryable: false });
    const { body: page } = await answering('application/json', Buffer.from('<html>'));
    await expect(page.json()).rejects.toMatchObject({ code: 'invalid_answer', retryable: false });
  });
});

test('connections are kept and used again', async () => {
  let connections = 0;
  const { url, server } = await serve((_, response) => response.end('ok'));
  server.on('connection', () => connections++);
  const client = clientFor('127.0.0.1');
  for (let i = 0; i < 20; i++) await (await client.request(url, { signal: never })).body.text();
  // It is not 1: undici counts a connection as taken until the tick after the end of its response.
  expect(connections).toBeLessThanOrEqual(2);
});

test('at most 20 connections are opened to one origin', async () => {
  let [open, most] = [0, 0];
  const { url } = await serve(async (_, response) => {
    most = Math.max(most, ++open);
    await sleep(20);
    open--;
    response.end();
  });
  const client = clientFor('127.0.0.1');
  const get = async (): Promise<string> => (await client.request(url, { signal: never })).body.text();
  await Promise.all(Array.from({ length: 60 }, get));
  expect(most).toBe(20);
});
