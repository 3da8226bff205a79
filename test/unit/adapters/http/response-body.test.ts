import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { retryAfterSeconds } from '../../../../functions/adapters/http/response-body.ts';
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

const NOW = Date.UTC(2026, 10, 28, 12, 0, 0);

test.each([
  ['0', 0],
  ['20', 20],
  ['20  ', 20],
  ['\t 20 ', 20],
  ['86400', 86_400],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['Sat, 28 Nov 2026 12:01:30 GMT', 90],
  ['Sat, 28 Nov 2026 12:01:30 GMT  ', 90],
  ['Saturday, 28-Nov-26 12:01:30 GMT', 90],
  ['Sat Nov 28 12:01:30 2026', 90],
  ['Fri Jan  1 12:00:00 2027', 34 * 86_400],
  ['Friday, 01-Jan-27 12:00:00 GMT', 34 * 86_400],
  ['Thursday, 28-Nov-75 12:00:00 GMT', (Date.UTC(2075, 10, 28, 12) - NOW) / 1000],
  ['Monday, 28-Nov-77 12:00:00 GMT', 0],
  ['Sat, 28 Nov 2026 11:59:00 GMT', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
])('%j asks for %d seconds', (value, seconds) => {
  expect(retryAfterSeconds(value, NOW)).toBe(seconds);
});

test.each([
  undefined,
  '',
  ' ',
  'soon',
  '-1',
  '1.5',
  '+5',
  '7 s',
  '20, 30',
  '1e3',
  '0x10',
  'July',
  '2026-11-28T12:01:30Z',
  'Sat, 28 Nov 2026',
  'Sat, 28 Nov 2026 12:01:30',
  'Sat, 28 Nov 2026 12:01:30 CET',
  'Sat, 28 Nix 2026 12:01:30 GMT',
  'Saturday, 28-Nix-26 12:01:30 GMT',
])('%j asks for nothing', (value) => {
  expect(retryAfterSeconds(value, NOW)).toBeUndefined();
});

test('a date is in GMT, whatever the zone of the process', () => {
  const before = process.env.TZ;
  try {
    process.env.TZ = 'America/New_York';
    expect(retryAfterSeconds('Sat Nov 28 12:01:30 2026', NOW)).toBe(90);
    expect(retryAfterSeconds('Saturday, 28-Nov-26 12:01:30 GMT', NOW)).toBe(90);
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
