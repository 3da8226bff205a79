import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

describe('an answer', () => {
  test.each([
    ['gzip', gzipSync('héllo')],
    ['br', brotliCompressSync('héllo')],
    ['zstd', zstdCompressSync('héllo')],
    ['deflate', deflateSync('héllo')],
    ['gzip, br', brotliCompressSync(gzipSync('héllo'))],
  ])('in %s is decompressed, error or not', async (encoding, body) => {
    let accepted: string | undefined;
    const { url } = await serve((request, response) => {
      accepted = String(request.headers['accept-encoding']);
      response.writeHead(request.url === '/' ? 200 : 500, { 'content-encoding': encoding }).end(body);
    });
    for (const path of ['/', '/error']) {
      const response = await clientFor('127.0.0.1').request(url + path, { signal: never });
      expect(await response.body.text()).toBe('héllo');
    }
    expect(accepted).toBe('zstd, br, gzip, deflate');
  });

  test('without a body may claim to be compressed', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end());
    const client = clientFor('127.0.0.1');
    for (const method of ['GET', 'HEAD']) {
      const response = await client.request(url, { method, signal: never });
      expect(await response.body.text()).toBe('');
    }
  });

  test('in an encoding that nobody asked for is left as it is, and says so', async () => {
    for (const encoding of ['compress', 'gzip, gzip, gzip, gzip']) {
      const { url } = await serve((_, response) => response.setHeader('content-encoding', encoding).end('as it is'));
      const response = await clientFor('127.0.0.1').request(url, { signal: never });
      expect([response.headers['content-encoding'], await response.body.text()]).toEqual([encoding, 'as it is']);
    }
  });

  test('that was decompressed does not tell the length and the encoding that it had', async () => {
    const { url } = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('x')));
    const { headers, body } = await clientFor('127.0.0.1').request(url, { signal: never });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^content-/)]));
    body.destroy();
  });

  test('has its header names in lower case and repeated values joined', async () => {
    const { url } = await serve((_, response) => response.setHeader('X-Many', ['a', 'b']).end());
    const { headers } = await clientFor('127.0.0.1').request(url, { signal: never });
    expect(headers['x-many']).toBe('a, b');
  });

  test.each(['identity', 'gzip'])('in %s that is given up half read closes its connection', async (encoding) => {
    let closed = 0;
    const { url } = await serve((request, response) => {
      request.socket.on('close', () => closed++);
      const body = randomBytes(1_000_000);
      response.setHeader('content-encoding', encoding).write(encoding === 'gzip' ? gzipSync(body) : body);
    });
    const client = clientFor('127.0.0.1');
    const read = await client.request(url, { signal: never });
    for await (const chunk of read.body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(1);
    const unread = await client.request(url, { signal: never });
    unread.body.destroy();
    await expect.poll(() => closed).toBe(2);
  });

  test('is sent no faster than it is read', async () => {
    let sent = 0;
    const { url } = await serve((_, response) => {
      const piece = Buffer.alloc(65_536);
      const send = (): void => {
        while (sent < 400 && response.write(piece)) sent++;
        if (sent++ < 400) response.once('drain', send);
      };
      send();
    });
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    await sleep(300);
    expect(sent).toBeLessThan(200);
    response.body.destroy();
  });
});
