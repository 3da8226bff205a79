import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { call, post, submit, until } from './api.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const { payloadBucket } = inject('stack');
const s3 = new S3Client({ ...awsClient, forcePathStyle: true });

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

describe('csv.summarize', () => {
  it('summarizes a CSV of over 5 MB that it reads from a URL', async () => {
    const rows = 300_000;
    const lines = Array.from({ length: rows }, (_, row) => `${row},${(row % 1000) / 4},town ${row % 97}\n`);
    const csv = `id,price,town\n${lines.join('')}`;
    expect(csv.length).toBeGreaterThan(5_000_000);
    receiver = await startReceiver(() => (_, response) => response.end(csv));
    const { id } = await submit({ type: 'csv.summarize', input: { url: `${receiver.url}/prices.csv` } });
    const { output, attempt } = await until(id, 'succeeded');
    const { rows: counted, columns } = output as { rows: number; columns: Record<string, { mean: number }> };
    expect(attempt).toBe(1);
    expect(counted).toBe(rows);
    expect(columns).toMatchObject({
      id: { count: rows, min: 0, max: rows - 1 },
      price: { count: rows, min: 0, max: 249.75 },
      town: { count: 0, min: null, max: null, mean: null },
    });
    expect(columns.id?.mean).toBeCloseTo((rows - 1) / 2, 6);
    expect(columns.price?.mean).toBeCloseTo(124.875, 6);
  });
});

describe('markdown.render', () => {
  it('renders the README of this repository', async () => {
    const markdown = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const task = await submit({ type: 'markdown.render', input: { markdown } });
    expect(task).toMatchObject({
      status: 'queued',
      attempt: 0,
      queueName: expect.stringMatching(/^millrace-default-normal-[01]$/),
    });
    const done = await until(task.id, 'succeeded');
    const { html } = done.output as { html: string };
    expect(html).toMatch(/<h1[^>]*>Millrace/);
    expect(html).toContain('<pre><code');
    expect(done.input).toEqual({ markdown });
    expect(done.traceId).toMatch(/^1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect(Date.parse(done.createdAt)).toBeLessThanOrEqual(Date.parse(done.startedAt ?? ''));
    expect(Date.parse(done.startedAt ?? '')).toBeLessThanOrEqual(Date.parse(done.finishedAt ?? ''));
  });
});

describe('a handler that never gives its CPU back', () => {
  /** This takes minutes: time goes by the square of the length. */
  const flood = { type: 'markdown.render', input: { markdown: '**a_'.repeat(25_000) } };

  it('ends at its own timeout, and the tasks beside it succeed', async () => {
    const endless = await submit({ ...flood, timeoutSeconds: 2, maxAttempts: 1 });
    const others = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        submit({ type: 'markdown.render', input: { markdown: `# ${number}` }, maxAttempts: 1 }),
      ),
    );
    for (const { id } of others) expect(await until(id, 'succeeded')).toMatchObject({ attempt: 1 });
    expect(await until(endless.id, 'failed')).toMatchObject({ attempt: 1, error: { code: 'timeout' } });
  });

  it('ends when it is cancelled', async () => {
    const { id } = await submit({ ...flood, timeoutSeconds: 45 });
    await until(id, 'running');
    expect(await post(`/api/tasks/${id}/cancel`, {})).toMatchObject({ status: 202 });
    await until(id, 'cancelled', 30);
  });
});

describe('http.request', () => {
  it('succeeds at the third attempt where the server fails twice', async () => {
    receiver = await startReceiver((request) => (_, response) => {
      response.writeHead(request < 3 ? 500 : 200, { 'content-type': 'text/plain' });
      response.end(request < 3 ? 'not now' : 'done');
    });
    const { id } = await submit({
      type: 'http.request',
      input: { url: `${receiver.url}/hook`, method: 'POST', body: 'x' },
    });
    const task = await until(id, 'succeeded');
    expect(task).toMatchObject({ attempt: 3, output: { status: 200, body: 'done' } });
    expect(receiver.requests).toHaveLength(3);
    expect(receiver.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id, id]);
  });

  it('fails for good after the last attempt, with its error', async () => {
    receiver = await startReceiver(() => (_, response) => void response.writeHead(503).end());
    const { id } = await submit({ type: 'http.request', input: { url: receiver.url }, maxAttempts: 2 });
    expect(await until(id, 'failed')).toMatchObject({ attempt: 2, error: { code: 'http_503', retryable: true } });
    expect(receiver.requests).toHaveLength(2);
  });

  it('fails at once where trying again cannot help', async () => {
    receiver = await startReceiver(() => (_, response) => void response.writeHead(404).end());
    const { id } = await submit({ type: 'http.request', input: { url: receiver.url } });
    expect(await until(id, 'failed')).toMatchObject({ attempt: 1, error: { code: 'http_404', retryable: false } });
  });

  it('waits as long as the server asks', async () => {
    receiver = await startReceiver((request) => (_, response) => {
      response.writeHead(request === 1 ? 429 : 200, request === 1 ? { 'retry-after': '3' } : {}).end();
    });
    const { id } = await submit({ type: 'http.request', input: { url: receiver.url } });
    const done = await until(id, 'succeeded');
    expect(done.attempt).toBe(2);
    expect(Date.parse(done.startedAt ?? '') - Date.parse(done.createdAt)).toBeGreaterThanOrEqual(3000);
  });

  it.each(['http://169.254.169.254/latest/meta-data/', 'http://10.0.0.1/', 'http://[::ffff:10.0.0.1]/'])(
    'does not call %s',
    async (url) => {
      const { id } = await submit({ type: 'http.request', input: { url } });
      expect(await until(id, 'failed')).toMatchObject({ attempt: 1, error: { code: 'host_not_allowed' } });
    },
  );
});

describe('a timeout', () => {
  it('ends an attempt whose server never answers', async () => {
    receiver = await startReceiver(() => () => {});
    const { id } = await submit({
      type: 'http.request',
      input: { url: receiver.url },
      timeoutSeconds: 1,
      maxAttempts: 1,
    });
    expect(await until(id, 'failed')).toMatchObject({ error: { code: 'timeout', retryable: true } });
  });
});

describe('priorities', () => {
  it.each(['high', 'normal', 'low'])('%s has a lane of its own', async (priority) => {
    const task = await submit({ type: 'markdown.render', input: { markdown: '# hi' }, priority });
    expect(task).toMatchObject({ priority, executorKey: expect.stringMatching(`^default/${priority}/[01]$`) });
    expect(await until(task.id, 'succeeded')).toMatchObject({ output: { html: expect.stringContaining('hi') } });
  });
});

describe('a task that is deleted', () => {
  it('is gone with its payloads, runs no more, and who deleted it is in the audit', async () => {
    const random = randomBytes(60_000).toString('base64');
    const { id } = await submit({ type: 'markdown.render', input: { markdown: random } });
    await until(id, 'succeeded');
    expect(await call('DELETE', `/api/tasks/${id}`)).toMatchObject({ status: 200, body: { id } });
    expect((await call('GET', `/api/tasks/${id}`)).status).toBe(404);
    for (const prefix of ['payloads', 'scheduled']) {
      const Prefix = `${prefix}/local/${id}/`;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: payloadBucket, Prefix }));
      expect(Contents).toEqual([]);
    }
    expect((await call('DELETE', `/api/tasks/${id}`)).status).toBe(404);
    const { body } = await call('GET', '/api/audit?action=deleteTask&limit=100');
    const ours = (body.items as { resource: string }[]).filter(({ resource }) => resource === `tasks/${id}`);
    expect(ours).toMatchObject([
      { outcome: 404, actor: { kind: 'key', id: expect.stringMatching(/^[0-9a-f]{12}$/) } },
      { outcome: 200 },
    ]);
  });
});
