import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { clientFor, never } from '../loopback-client.ts';
import { bodyOf, serve } from '../loopback-server.ts';

const DECODERS = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };
const TEXT = 'Ünïcode '.repeat(5_000);

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < TEXT.length; start += 1_000) yield Buffer.from(TEXT.slice(start, start + 1_000));
}

/** Starts a server that answers with nothing, and notes what it has been sent. */
async function recording() {
  const seen: { headers: Record<string, unknown>; body: Buffer }[] = [];
  const { url } = await serve(async (request, response) => {
    seen.push({ headers: request.headers, body: await buffer(request) });
    response.end();
  });
  return { url, seen };
}

describe.each(['gzip', 'br', 'zstd'] as const)('compressed by %s', (compress) => {
  test.each([
    ['text', () => TEXT],
    ['bytes', () => Buffer.from(TEXT)],
    ['a stream', pieces],
  ])('%s arrives whole, and small', async (_, body) => {
    const { url, seen } = await recording();
    const headers = { 'Content-Type': 'text/plain', 'Content-Length': '99999' };
    const sent = { method: 'POST', headers, body: body(), compress, signal: never };
    await (await clientFor('127.0.0.1').request(url, sent)).body.text();
    expect(seen).toMatchObject([{ headers: { 'content-encoding': compress, 'content-type': 'text/plain' } }]);
    const [{ body: received } = { body: Buffer.alloc(0) }] = seen;
    expect(received.length).toBeLessThan(1_000);
    expect(DECODERS[compress](received).toString()).toBe(TEXT);
  });
});

test('compressed twice says so in that order', async () => {
  const { url, seen } = await recording();
  const request = {
    method: 'POST',
    headers: { 'Content-Encoding': 'br' },
    body: 'x',
    compress: 'gzip',
    signal: never,
  } as const;
  await (await clientFor('127.0.0.1').request(url, request)).body.text();
  expect(seen).toMatchObject([{ headers: { 'content-encoding': 'br, gzip' } }]);
});

test('without a body nothing is compressed', async () => {
  const { url, seen } = await recording();
  await (await clientFor('127.0.0.1').request(url, { compress: 'gzip', signal: never })).body.text();
  expect(seen[0]?.headers).not.toHaveProperty('content-encoding');
});

describe('a stream', () => {
  test('is sent as it comes', async () => {
    const { url } = await serve(async (request, response) => {
      for await (const chunk of request) response.write(chunk);
      response.end();
    });
    const { promise: echoed, resolve } = Promise.withResolvers<void>();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first ');
      await echoed;
      yield Buffer.from('second');
    }
    const response = await clientFor('127.0.0.1').request(url, { method: 'POST', body: source(), signal: never });
    let text = '';
    for await (const chunk of response.body) {
      text += Buffer.from(chunk).toString();
      resolve();
    }
    expect(text).toBe('first second');
  });

  test('is read no faster than it can be sent', async () => {
    let produced = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; produced < 200; produced++) yield Buffer.alloc(1_000_000);
    }
    const { url } = await serve(() => {});
    const controller = new AbortController();
    const sent = clientFor('127.0.0.1').request(url, { method: 'POST', body: source(), signal: controller.signal });
    await sleep(300);
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
    expect(produced).toBeLessThan(50);
  });

  test.each([undefined, 'gzip'] as const)(
    'that breaks off fails with its own error (compress: %s)',
    async (compress) => {
      const reason = new Error('the source is gone');
      async function* source(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('half');
        throw reason;
      }
      const { url } = await serve((request) => void request.on('error', () => {}));
      const request = { method: 'POST', body: source(), signal: never, ...(compress && { compress }) };
      await expect(clientFor('127.0.0.1').request(url, request)).rejects.toBe(reason);
    },
  );

  test('is closed where the server hangs up', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        closed = true;
      }
    }
    const { url } = await serve((request) => request.socket.resetAndDestroy());
    await expect(
      clientFor('127.0.0.1').request(url, { method: 'POST', body: source(), signal: never }),
    ).rejects.toMatchObject({ code: 'network_error' });
    await expect.poll(() => closed).toBe(true);
  });

  test('is closed where the server has its answer before the end', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        closed = true;
      }
    }
    const { url } = await serve((_, response) => response.writeHead(413).end('too large'));
    const response = await clientFor('127.0.0.1').request(url, { method: 'POST', body: source(), signal: never });
    expect([response.status, await response.body.text()]).toEqual([413, 'too large']);
    await expect.poll(() => closed).toBe(true);
  });

  test('that is not sent is closed', async () => {
    const body = createReadStream(import.meta.filename);
    await expect(
      clientFor('example.com').request('http://127.0.0.1/', { method: 'POST', body, signal: never }),
    ).rejects.toMatchObject({ code: 'host_not_allowed' });
    expect(body.destroyed).toBe(true);
  });

  test('cannot follow a redirect that keeps it, and does follow one that drops it', async () => {
    const { url } = await serve(async (request, response) => {
      const body = await bodyOf(request);
      if (request.method === 'GET') response.end('arrived');
      else response.writeHead(request.url === '/303' ? 303 : 307, { location: `/${body.length}` }).end();
    });
    const client = clientFor('127.0.0.1');
    const post = async (path: string) =>
      client.request(url + path, { method: 'POST', body: pieces(), followAsGet: true, signal: never });
    await expect(post('/307')).rejects.toMatchObject({ code: 'invalid_redirect', retryable: false });
    expect(await (await post('/303')).body.text()).toBe('arrived');
  });
});
