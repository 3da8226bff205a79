import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { echo } from '../../../doubles/task-definitions.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const world = createWorld([echo]);
const task = { type: 'echo', input: { text: 'Zoë '.repeat(1000) } };
const json = JSON.stringify(task);
const submit = (body: Buffer | string, coding: string) =>
  callApi(world, 'POST /api/tasks', { body, headers: { 'content-encoding': coding } });

describe('a body', () => {
  it.each([
    ['gzip', gzipSync(json)],
    ['GZIP', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['br', brotliCompressSync(json)],
    ['zstd', zstdCompressSync(json)],
    ['identity', Buffer.from(json)],
  ])('may come in %s', async (coding, body) => {
    expect(await submit(body, coding)).toMatchObject({ status: 202, body: { input: task.input } });
  });

  it('that is compressed comes as application/octet-stream, since API Gateway reads JSON as text', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' };
    expect(await callApi(world, 'POST /api/tasks', { body: gzipSync(json), headers })).toMatchObject({ status: 202 });
    const asText = await submit(gzipSync(json).toString(), 'gzip');
    expect(asText).toMatchObject({
      status: 415,
      body: { detail: expect.stringContaining('application/octet-stream') },
    });
    const plain = await callApi(world, 'POST /api/tasks', {
      body: json,
      headers: { ...headers, 'content-encoding': '' },
    });
    expect(plain).toMatchObject({ status: 415 });
  });

  it.each(['compress', 'gzip, br', 'x', '__proto__'])('in %s is unsupported_media_type', async (coding) => {
    const answer = await submit(Buffer.from(json), coding);
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    expect(answer.body.detail).toContain('gzip, deflate, br, zstd');
  });

  it.each([
    ['gzip', Buffer.from(json)],
    ['zstd', zstdCompressSync(json).subarray(0, 20)],
    ['br', gzipSync(json)],
    ['gzip', Buffer.alloc(0)],
  ])('that is not the %s it says is invalid_request', async (coding, body) => {
    expect(await submit(body, coding)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it.each([
    ['gzip', gzipSync(Buffer.alloc(100_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(10_000_000))],
    ['zstd', zstdCompressSync(Buffer.alloc(2_500_001))],
  ])('that grows beyond 2.5 MB in %s is payload_too_large', async (coding, body) => {
    expect(await submit(body, coding)).toMatchObject({ status: 413, body: { code: 'payload_too_large' } });
  });
});

describe('an answer', () => {
  const read = async (acceptEncoding: string | undefined, text = 'x'.repeat(5000)) => {
    const { body } = await callApi(world, 'POST /api/tasks', { body: { type: 'echo', input: text } });
    const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
    const answer = await callApi(world, `GET /api/tasks/${body.id}`, { headers });
    expect(answer.body.input).toBe(text);
    return answer.headers['content-encoding'];
  };

  it.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['zstd;q=0.5, gzip', 'gzip'],
    ['zstd;q=0, *', 'br'],
    ['GZIP ; q=0.1', 'gzip'],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('to Accept-Encoding %j comes in %s', async (acceptEncoding, coding) => {
    expect(await read(acceptEncoding)).toBe(coding);
  });

  it('that is small comes as it is', async () => {
    expect(await read('gzip', 'x')).toBeUndefined();
  });
});
