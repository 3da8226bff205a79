import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { call, post, submit } from './api.ts';
import { type Receiver, startReceiver } from './receiver.ts';

type Record = { readonly number: number };
type Answer = { readonly status: number; readonly error?: string };

let receiver: Receiver | undefined;
afterEach(async () => {
  await receiver?.close();
  receiver = undefined;
});

/** Starts an endpoint that answers for each record, and notes the requests that it got, as their records. */
async function startEndpoint(answerTo: (record: Record) => Answer): Promise<{ url: string; received: Record[][] }> {
  const received: Record[][] = [];
  receiver = await startReceiver(() => async (request, response) => {
    const records = gunzipSync(await buffer(request))
      .toString()
      .trimEnd()
      .split('\n');
    const batch: Record[] = records.map((line) => JSON.parse(line));
    received.push(batch);
    response.writeHead(207, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ items: batch.map(answerTo) }));
  });
  return { url: `${receiver.url}/records`, received };
}

/** Submits a task for each number in one call, as a workflow of their own. */
async function submitAll(endpoint: string, count: number, more: object = {}): Promise<string> {
  const workflowInstanceId = `bulk-${count}-${Date.now()}`;
  const tasks = Array.from({ length: count }, (_, number) => ({
    type: 'http.bulk',
    input: { endpoint, record: { number, text: `record ${number}` } },
    workflowInstanceId,
    ...more,
  }));
  const { status, body } = await post('/api/tasks/batch', { tasks });
  expect({ status, accepted: body.accepted }).toEqual({ status: 202, accepted: count });
  return workflowInstanceId;
}

/** Returns the tasks of a workflow, once all have ended. */
async function ended(workflowInstanceId: string, seconds: number): Promise<TaskView[]> {
  for (const deadline = Date.now() + seconds * 1000; ; await sleep(500)) {
    const tasks: TaskView[] = [];
    let cursor = '';
    do {
      const { body } = await call('GET', `/api/tasks?workflowInstanceId=${workflowInstanceId}&limit=100${cursor}`);
      tasks.push(...(body.items as TaskView[]));
      cursor = body.nextCursor === null || body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    const open = tasks.filter(({ status }) => !['succeeded', 'failed', 'cancelled'].includes(status));
    if (open.length === 0) return tasks;
    if (Date.now() > deadline) throw new Error(`${open.length} of ${tasks.length} tasks have not ended`);
  }
}

describe('http.bulk', () => {
  it('gathers what is submitted one by one within its window', { retry: 2 }, async () => {
    const { url, received } = await startEndpoint(() => ({ status: 200 }));
    const workflowInstanceId = `gathered-${Date.now()}`;
    for (let number = 0; number < 10; number++) {
      await submit({ type: 'http.bulk', input: { endpoint: url, record: { number } }, workflowInstanceId });
    }
    await ended(workflowInstanceId, 30);
    expect(received.map(({ length }) => length)).toEqual([10]);
  });

  it('brings 1,000 tasks to their endpoint in 20 requests at most, each record once', async () => {
    const { url, received } = await startEndpoint(() => ({ status: 201 }));
    const started = Date.now();
    const workflow = await submitAll(url, 1000);
    const accepted = Date.now();
    const tasks = await ended(workflow, 150);
    console.log(
      `1,000 http.bulk tasks: accepted in ${accepted - started} ms, ended ${Date.now() - accepted} ms later, ` +
        `in ${received.length} requests of ${received.map(({ length }) => length).join(', ')}`,
    );
    expect(tasks).toHaveLength(1000);
    expect(tasks.filter(({ status, attempt }) => status !== 'succeeded' || attempt !== 1)).toEqual([]);
    expect(received.length).toBeLessThanOrEqual(20);
    expect(
      received
        .flat()
        .map(({ number }) => number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 1000 }, (_, number) => number));
    const { body } = await call('GET', `/api/tasks/${tasks[0]?.id}`);
    expect(body).toMatchObject({
      output: { status: 201 },
      queueName: 'millrace-io-intensive-batch-0',
      executorKey: 'io-intensive/batch/0',
    });
  }, 180_000);

  it('ends each task with what the endpoint says of its record; only what may yet succeed goes there again', async () => {
    const attempts = new Map<number, number>();
    const { url, received } = await startEndpoint(({ number }) => {
      attempts.set(number, (attempts.get(number) ?? 0) + 1);
      if (number % 10 === 3) return { status: 422, error: `no ${number}` };
      return { status: number % 10 === 7 && attempts.get(number) === 1 ? 503 : 200 };
    });
    const tasks = await ended(await submitAll(url, 30), 50);
    const byStatus = Map.groupBy(tasks, ({ status }) => status);
    expect(byStatus.get('failed')).toHaveLength(3);
    expect(byStatus.get('succeeded')).toHaveLength(27);
    for (const { error } of byStatus.get('failed') ?? []) {
      expect(error).toMatchObject({
        code: 'http_422',
        message: expect.stringMatching(/^the server answered 422: no \d?3$/),
      });
    }
    expect(byStatus.get('succeeded')?.filter(({ attempt }) => attempt === 2)).toHaveLength(3);
    expect(received[0]).toHaveLength(30);
    expect(received.flat()).toHaveLength(33);
  });
});
