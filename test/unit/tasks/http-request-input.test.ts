import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { httpRequest } from '../../../tasks/http-request/definition.ts';
import { issuesOf } from './task-context.ts';

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
    [{ url: URL_OK, followAsGet: true }, 'followAsGet: is not for GET or HEAD'],
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
    [{ url: URL_OK, method: 'POST', followAsGet: true }, true],
    [{ url: URL_OK, followAsGet: true }, false],
    [{ url: URL_OK, method: 'HEAD', followAsGet: true }, false],
  ])('is described with what goes with which method: %j', (input, isValid) => {
    const described = httpRequest.input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    expect(z.fromJSONSchema(described).safeParse(input).success).toBe(isValid);
  });
});

function numberedHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'x']));
}
