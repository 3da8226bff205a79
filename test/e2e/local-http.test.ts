import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localTarget } from '../../local/aws-target.ts';
import { freePort, HOST } from '../../local/free-port.ts';
import { type MiniStack, startMiniStack } from '../../local/ministack.ts';

describe('HTTP of the local cloud', () => {
  let directory = '';
  let server: MiniStack;
  let port = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-http-'));
    const { signal } = new AbortController();
    server = await startMiniStack([await freePort([])], { directory: join(directory, 'cloud'), signal });
    port = server.options.port;
  });

  afterAll(async () => {
    server.kill();
    await server.ended;
    await rm(directory, { recursive: true, force: true });
  });

  /** Sends bytes as they are, and returns all that comes until the server closes the connection. */
  async function exchange(bytes: string): Promise<string> {
    const socket = connect(port, HOST);
    socket.write(bytes);
    return text(socket);
  }

  const ready = (more = '') => `GET /_ministack/ready HTTP/1.1\r\nHost: ${HOST}:${port}\r\n${more}\r\n`;

  it('answers several requests on one connection, each with one date and of no server', async () => {
    const answers = (await exchange(ready() + ready('Connection: close\r\n'))).split(/(?=HTTP\/1\.1 )/);
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(answer.match(/^date: /gim)).toHaveLength(1);
      expect(answer).not.toMatch(/^server: /im);
    }
  });

  it('answers HEAD with a head alone', async () => {
    const [head = '', ...more] = (await exchange(ready('Connection: close\r\n').replace('GET', 'HEAD'))).split(
      '\r\n\r\n',
    );
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(more).toEqual(['']);
  });

  it('refuses what is no HTTP, and answers the next', async () => {
    expect(await exchange('no HTTP at all\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchange(ready('Connection: close\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('takes a body that waits for leave, and one in chunks', async () => {
    const s3 = new S3Client({ ...localTarget(server.endpoint).client, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }));
    const Body = Buffer.alloc(5_000_000, 'abc');
    await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'large', Body }));
    const { Body: found } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'large' }));
    expect(Buffer.from((await found?.transformToByteArray()) ?? []).equals(Body)).toBe(true);

    const sent = request({
      host: HOST,
      port,
      path: '/bucket/small',
      method: 'PUT',
      headers: { expect: '100-continue' },
    });
    sent.flushHeaders();
    await once(sent, 'continue');
    for (const part of ['in ', 'chunks']) sent.write(part);
    sent.end();
    const [answer] = await once(sent, 'response');
    answer.resume();
    expect(answer.statusCode).toBe(200);
    const { Body: small } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'small' }));
    expect(await small?.transformToString()).toBe('in chunks');
  });
});
