import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { serve } from '../../../functions/console/serve.ts';
import { readSite } from '../../../functions/console/site.ts';

const PAGE = '<!doctype html><title>Millrace</title>';
const SCRIPT = 'console.log("é")';

const directory = mkdtempSync(join(tmpdir(), 'millrace-site-'));
afterAll(() => rmSync(directory, { recursive: true }));
for (const [name, text] of Object.entries({ 'index.html': PAGE, 'main-ABC.js': SCRIPT, 'main-DEF.css': 'p{}' })) {
  writeFileSync(join(directory, name), text);
  writeFileSync(join(directory, `${name}.br`), brotliCompressSync(text));
  writeFileSync(join(directory, `${name}.gz`), gzipSync(text));
}
const site = readSite(directory);

const ask = (name: string | undefined, headers: Record<string, string> = {}) => {
  const answer = serve({ name, headers }, site);
  return { ...answer, headers: answer.headers as Record<string, string> };
};

describe('the page', () => {
  test('is served as HTML, and asked for again each time', () => {
    expect(ask(undefined)).toMatchObject({
      statusCode: 200,
      body: PAGE,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', vary: 'accept-encoding' },
    });
  });

  test('is not sent to whoever has it', () => {
    const { etag = '' } = ask(undefined).headers;
    expect(ask(undefined, { 'if-none-match': `"other", ${etag}` })).toMatchObject({
      statusCode: 304,
      headers: { etag },
    });
    expect(ask(undefined, { 'if-none-match': '"other"' }).statusCode).toBe(200);
  });

  test('is found without a slash behind it, for its relative addresses count from there', () => {
    expect(ask('')).toMatchObject({ statusCode: 308, headers: { location: '../console' } });
    expect(new URL('../console', 'https://host/prefix/console/').pathname).toBe('/prefix/console');
  });

  test('runs nothing but its own script, and is framed by nobody', () => {
    const policy = ask(undefined).headers['content-security-policy']?.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    expect(policy?.filter((part) => /unsafe|\*|https?:/.test(part))).toEqual([]);
  });
});

describe('a file of the page', () => {
  test('is kept for ever, for its name has its hash', () => {
    expect(ask('main-ABC.js').headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    expect(ask('main-DEF.css').headers['content-type']).toBe('text/css; charset=utf-8');
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['GZIP;q=0.9, br;q=0', 'gzip', gunzipSync],
  ])('is sent compressed to whoever takes %s', (accepted, coding, decode) => {
    const { headers, body = '', isBase64Encoded } = ask('main-ABC.js', { 'accept-encoding': accepted });
    expect({ coding: headers['content-encoding'], isBase64Encoded }).toEqual({ coding, isBase64Encoded: true });
    expect(decode(Buffer.from(body, 'base64')).toString()).toBe(SCRIPT);
  });

  test.each([undefined, 'identity', 'br;q=0, gzip;q=0.000'])('is sent as it is to whoever takes %s', (accepted) => {
    const answer = ask('main-ABC.js', accepted === undefined ? {} : { 'accept-encoding': accepted });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer).toMatchObject({ statusCode: 200, body: SCRIPT });
  });

  test.each(['main-OLD.js', 'main-ABC.js.br', '../index.mjs', 'constructor'])('is not there: %s', (name) => {
    expect(ask(name)).toMatchObject({ statusCode: 404, headers: { 'cache-control': 'no-store' } });
  });
});

test.each([undefined, '', 'main-ABC.js', 'nothing'])('whatever is asked for, nobody guesses its type: %s', (name) => {
  expect(ask(name).headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
});
