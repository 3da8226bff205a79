import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { answer } from '../../functions/router/router.ts';
import { type ApiRequest, apiEvent } from '../doubles/api-event.ts';
import { echo } from '../doubles/task-definitions.ts';
import { createWorld } from '../doubles/world.ts';

const world = createWorld([echo]);
async function submit(body: unknown, headers: ApiRequest['headers'] = {}) {
  const before = process.threadCpuUsage();
  const { statusCode } = await answer(apiEvent('POST /api/tasks', { body, headers }), world.ports);
  const { user, system } = process.threadCpuUsage(before);
  return { status: statusCode, milliseconds: (user + system) / 1000 };
}
const binary = { 'content-type': 'application/octet-stream' };

describe('a body that would take much', () => {
  const zeros = Buffer.alloc(50_000_000, 0x20);
  it.each([
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros, { params: { 1: 1 } })],
    ['zstd', zstdCompressSync(zeros)],
  ])('of 50 MB in %s is refused before it is whole', async (coding, body) => {
    const { status, milliseconds } = await submit(body, { ...binary, 'content-encoding': coding });
    expect(status).toBe(413);
    expect(milliseconds).toBeLessThan(500);
  });

  it('coded twice is refused', async () => {
    const body = gzipSync(gzipSync('{}'));
    expect((await submit(body, { ...binary, 'content-encoding': 'gzip, gzip' })).status).toBe(415);
  });

  it.each([
    ['a million levels', `{"type":"echo","input":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 400],
    ['140,000 times the same name', `{"type":"echo","input":{${'"k":1,'.repeat(140_000)}"k":1}}`, 202],
    ['bytes that are no text', Buffer.from('ff fe 7b 00 7d 00'.replaceAll(' ', ''), 'hex'), 400],
    ['the name __proto__', '{"type":"echo","input":1,"__proto__":{"priority":"high"}}', 400],
    ['the name constructor', '{"type":"echo","input":1,"constructor":{"prototype":{}}}', 400],
  ])('with %s ends soon', async (_, body, expected) => {
    const { status, milliseconds } = await submit(body);
    expect(status).toBe(expected);
    expect(milliseconds).toBeLessThan(2_000);
    expect({}).not.toHaveProperty('priority');
  });
});
