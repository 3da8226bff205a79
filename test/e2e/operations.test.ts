import { gunzipSync, gzipSync } from 'node:zlib';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { type TaskId, tableShardOf } from '../../functions/core/task/ids.ts';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { call, post, submit, until } from './api.ts';
import { sweep } from './sweep.ts';

const { tasksTables, apiKey, url } = inject('stack');
const render = { type: 'markdown.render', input: { markdown: '# hi' } };
/** This fails at once, and is not tried again. */
const hopeless = { type: 'http.request', input: { url: 'http://127.0.0.1:9/', method: 'GET' }, maxAttempts: 1 };

describe('a bulk submit', () => {
  it('runs a thousand tasks, and refuses those that are wrong', async () => {
    const tasks = Array.from({ length: 1000 }, (_, number) =>
      number % 250 === 7 ? { type: 'nonsense' } : { ...render, workflowInstanceId: `bulk-${number % 2}` },
    );
    const { status, body } = await post('/api/tasks/batch', { tasks });
    expect({ status, ...body, results: undefined }).toEqual({ status: 202, accepted: 996, rejected: 4 });
    const results = body.results as { status: string; task: TaskView }[];
    const accepted = results.filter((result) => result.status === 'accepted').map(({ task }) => task.id);
    for (const id of [accepted[0], accepted.at(-1)]) await until(String(id), 'succeeded', 60);
    const open = await settled('workflowInstanceId=bulk-0&status=succeeded', 500);
    expect(new Set(open).size).toBe(500);
  }, 120_000);

  it('is compressed both ways, where its caller does so and asks for it', async () => {
    const response = await fetch(`${url}/api/tasks/batch`, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        authorization: `Bearer ${apiKey}`,
        'content-encoding': 'gzip',
        'accept-encoding': 'gzip',
      },
      body: gzipSync(JSON.stringify({ tasks: Array(20).fill(render) })),
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    const bytes = Buffer.from(await response.arrayBuffer());
    // fetch may have decompressed it already.
    const text = bytes[0] === 0x1f ? gunzipSync(bytes).toString() : bytes.toString();
    expect(JSON.parse(text)).toMatchObject({ accepted: 20 });
  });
});

it('a task is found by its tags soon after it was accepted, and counted', async () => {
  const tag = `order/${Date.now()}`;
  const { id, tags } = await submit({ ...render, tags: [tag, 'region=eu'] });
  expect(tags).toEqual([tag, 'region=eu']);
  const query = `tag=${encodeURIComponent(tag)}`;
  await expect
    .poll(async () => (await call('GET', `/api/tasks?${query}`)).body.items, { timeout: 20_000 })
    .toMatchObject([{ id, tags }]);
  expect((await call('GET', `/api/tasks/count?${query}`)).body).toMatchObject({ total: 1, isExact: true });
  expect((await call('GET', '/api/tasks?tag=order')).body.items).toEqual([]);
});

describe('shards', () => {
  it('spread workflows over tables and executors, and every task is found, run and listed', async () => {
    const workflows = Array.from({ length: 12 }, (_, number) => `spread-${number}`);
    const { body } = await post('/api/tasks/batch', {
      tasks: workflows.map((workflowInstanceId) => ({ ...render, workflowInstanceId })),
    });
    const tasks = (body.results as { task: TaskView }[]).map(({ task }) => task);
    expect(new Set(tasks.map(({ id }) => tableShardOf(id as TaskId)))).toEqual(new Set([0, 1]));
    expect(new Set(tasks.map(({ executorKey }) => executorKey))).toEqual(
      new Set(['default/normal/0', 'default/normal/1']),
    );
    for (const { id } of tasks) await until(id, 'succeeded');
    for (const workflowInstanceId of workflows) {
      const { items } = (await call('GET', `/api/tasks?workflowInstanceId=${workflowInstanceId}`)).body;
      expect(items).toMatchObject([{ workflowInstanceId, status: 'succeeded' }]);
    }
    const all = (await call('GET', '/api/tasks?type=markdown.render&limit=100')).body.items as { id: string }[];
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(tasks.map(({ id }) => id)));
  });
});

/** Reads a list until it has so many tasks, and returns their ids. */
async function settled(filter: string, count: number): Promise<string[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await call(
        'GET',
        `/api/tasks?limit=100&${filter}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      ids.push(...(body.items as { id: string }[]).map(({ id }) => id));
      cursor = body.nextCursor as string | null;
    }
    if (ids.length === count || Date.now() > deadline) return ids;
  }
}

describe('a task that is to run later', () => {
  it('waits on its lane', async () => {
    const { id, status, runAt } = await submit({ ...render, delaySeconds: 2 });
    expect(status).toBe('scheduled');
    const task = await until(id, 'succeeded');
    expect(Date.parse(String(task.startedAt))).toBeGreaterThanOrEqual(Date.parse(String(runAt)));
  });

  it('beyond 900 s is sent by the sweeper once it is due', async () => {
    const { id, tenantId } = await submit({ ...render, runAt: new Date(Date.now() + 3_600_000).toISOString() });
    await sweep();
    expect((await call('GET', `/api/tasks/${id}`)).body).toMatchObject({ status: 'scheduled', attempt: 0 });
    // An hour passes for this task at once.
    await new DynamoDBClient(awsClient).send(
      new UpdateItemCommand({
        TableName: tasksTables[tableShardOf(id as TaskId)],
        Key: { pk: { S: `${tenantId}#${id}` } },
        UpdateExpression: 'SET runAt = :now, dueAt = :now',
        ExpressionAttributeValues: { ':now': { N: String(Date.now()) } },
      }),
    );
    await sweep();
    expect(await until(id, 'succeeded')).toMatchObject({ attempt: 1 });
  });
});

describe('cancel', () => {
  it('ends a task that waits', async () => {
    const { id } = await submit({ ...render, delaySeconds: 3600 });
    expect(await call('POST', `/api/tasks/${id}/cancel`)).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    expect(await call('POST', `/api/tasks/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'invalid_status' },
    });
  });
});

describe('retry', () => {
  it('runs a failed task again', async () => {
    const { id } = await submit(hopeless);
    await until(id, 'failed');
    expect(await call('POST', `/api/tasks/${id}/retry`)).toMatchObject({
      status: 202,
      body: { status: 'queued', attempt: 1, maxAttempts: 2 },
    });
    expect(await until(id, 'failed')).toMatchObject({ attempt: 2 });
  });

  it('runs a cancelled task, at once and only once', async () => {
    const { id } = await submit({ ...render, delaySeconds: 3600 });
    await call('POST', `/api/tasks/${id}/cancel`);
    expect(await call('POST', `/api/tasks/${id}/retry`)).toMatchObject({ status: 202 });
    expect(await until(id, 'succeeded')).toMatchObject({ attempt: 1 });
  });
});
