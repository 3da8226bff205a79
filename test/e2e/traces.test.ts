import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { png } from '../doubles/png.ts';
import { call, post, submit, until } from './api.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { documentsOf, flat, type Segment } from './traces-of.ts';

const REQUESTS = 49;
const hexSeconds = () => Math.floor(Date.now() / 1000).toString(16);

/** A caller that is traced: its trace, and its segment in it. */
const traceId = `1-${hexSeconds()}-${randomBytes(12).toString('hex')}`;
const parentId = randomBytes(8).toString('hex');
const headers = { 'x-amzn-trace-id': `Root=${traceId};Parent=${parentId};Sampled=1` };

let receiver: Receiver;
let tasks: TaskView[];
let parent: TaskView;
let subtasks: TaskView[];
let isolated: TaskView;
let batched: TaskView[];
let documents: Segment[];

/**
 * These are 49 calls of which every third has to be made twice and one fails for good, a fan-out, a handler in a thread that calls out
 * itself, and a batch: all in the trace of their caller. No invocation of the local cloud is sampled by Lambda.
 */
beforeAll(async () => {
  const seen = new Map<string, number>();
  receiver = await startReceiver(() => (request, response) => {
    const place = Number(request.url?.slice(1));
    const times = (seen.get(String(place)) ?? 0) + 1;
    seen.set(String(place), times);
    response.writeHead(place === 1 ? 404 : place % 3 === 0 && times === 1 ? 503 : 200, { 'retry-after': '1' });
    response.end({ '/image': png(64, 32), '/bulk': '' }[request.url ?? ''] ?? 'done');
  });
  const calls = Array.from({ length: REQUESTS }, (_, place) => ({
    type: 'http.request',
    input: { url: `${receiver.url}/${place}` },
  }));
  const records = ['a', 'b', 'c'].map((id) => ({
    type: 'http.bulk',
    input: { endpoint: `${receiver.url}/bulk`, record: { id } },
  }));
  const { body } = await post('/api/tasks/batch', { tasks: [...calls, ...records] }, { headers });
  const accepted = (body.results as { task: TaskView }[]).map(({ task }) => task);
  const text = 'word '.repeat(800);
  const fannedOut = await submit({ type: 'text.wordcount', input: { text, parts: 4 } }, { headers });
  const resized = await submit(
    { type: 'image.resize', input: { url: `${receiver.url}/image`, width: 16 } },
    { headers },
  );
  const ended: TaskView[] = [];
  for (const [place, { id }] of accepted.entries()) ended.push(await until(id, place === 1 ? 'failed' : 'succeeded'));
  [tasks, batched] = [ended.slice(0, REQUESTS), ended.slice(REQUESTS)];
  parent = await until(fannedOut.id, 'succeeded');
  isolated = await until(resized.id, 'succeeded');
  subtasks = (await call('GET', `/api/tasks/${parent.id}/subtasks`)).body.items as TaskView[];
  // An attempt's segment is sent a moment after its task has ended; what is sent twice comes a moment later.
  const isTraced = (task: TaskView) => attemptsOf(task).length >= task.attempt;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(200)) {
    documents = await documentsOf(traceId);
    if (all().every(isTraced)) break;
  }
  await sleep(1_000);
  documents = await documentsOf(traceId);
}, 180_000);

afterAll(() => receiver.close());

const all = () => [...tasks, parent, ...subtasks, isolated, ...batched];

/** Returns the segments of a task's attempts, the first first. */
const attemptsOf = ({ id }: TaskView): Segment[] =>
  documents
    .filter(({ annotations, type }) => type === undefined && annotations?.task_id === id)
    .toSorted((a, b) => a.start_time - b.start_time);

const partsOf = (segment: Segment | undefined) =>
  flat(documents)
    .filter(({ parent_id: id }) => id === segment?.id)
    .map(({ name, namespace }) => [name, namespace]);

describe('the trace of a task', () => {
  it('has a segment for each attempt, which says what became of it', () => {
    expect(tasks.filter(({ attempt }) => attempt === 2).length).toBe(17);
    for (const task of tasks) {
      const attempts = attemptsOf(task);
      expect(attempts.map(({ trace_id: id }) => id)).toEqual(Array(task.attempt).fill(task.traceId));
      for (const [index, { name, annotations, end_time: end }] of attempts.entries()) {
        expect(name).toBe('http.request');
        expect(end).toBeGreaterThan(0);
        const isLast = index === attempts.length - 1;
        expect(annotations).toMatchObject({
          task_id: task.id,
          task_type: 'http.request',
          task_status: isLast ? task.status : 'queued',
          ...(isLast && task.status === 'succeeded'
            ? { attempt_status: 'completed' }
            : { attempt_status: 'failed', error: isLast ? 'http_404' : 'http_503' }),
        });
      }
    }
  });

  it('records the error of an attempt that failed', () => {
    const [failed] = attemptsOf(tasks[1] as TaskView);
    expect(failed).toMatchObject({ fault: true, annotations: { error_message: expect.stringContaining('404') } });
    expect(JSON.stringify(failed?.cause)).toContain('http_404');
  });

  it('is that of its caller, and one: each segment hangs on another, and the requests on what called', () => {
    for (const task of all()) {
      expect(task.traceId, task.type).toBe(traceId);
      expect(attemptsOf(task), task.type).toHaveLength(task.attempt);
    }
    const ids = new Set(flat(documents).map(({ id }) => id));
    const roots = documents.filter(({ parent_id: id }) => id === undefined || !ids.has(id));
    expect(roots.map(({ parent_id: id, name }) => [id, name])).toEqual(Array(3).fill([parentId, 'millrace-router']));
    expect(roots.map(({ annotations }) => annotations)).toEqual(
      expect.arrayContaining([
        { route: 'POST /api/tasks/batch', status: '202' },
        { route: 'POST /api/tasks', status: '202' },
      ]),
    );
    for (const root of roots) expect(partsOf(root)).toContainEqual(['SQS', 'aws']);
  });

  it('goes on in subtasks', () => {
    expect(subtasks).toHaveLength(4);
    expect(attemptsOf(parent).map(({ annotations }) => annotations?.task_status)).toEqual(['waiting', 'succeeded']);
  });

  it('shows the calls of AWS, and those of handlers, in threads too', () => {
    const { host } = new URL(receiver.url);
    for (const task of [tasks[0] as TaskView, isolated]) {
      expect(partsOf(attemptsOf(task).at(-1)), task.type).toEqual(
        expect.arrayContaining([
          ['DynamoDB', 'aws'],
          [host, 'remote'],
        ]),
      );
    }
  });

  it('has the attempts of a batch, each of its own task', () => {
    for (const task of batched) {
      expect(attemptsOf(task)).toMatchObject([{ name: 'http.bulk', annotations: { task_status: 'succeeded' } }]);
    }
  });
});

it('a task whose caller is not traced is traced by itself where few come, and by no more than one segment of its attempt', async () => {
  // Other tests submit, too, and of five seconds of an environment the first submit is traced.
  for (const deadline = Date.now() + 60_000; ; await sleep(500)) {
    const { id } = await submit({ type: 'markdown.render', input: { markdown: '# hi' } });
    const task = await until(id, 'succeeded');
    const found = await documentsOf(task.traceId ?? '');
    if (found.length === 0 && Date.now() < deadline) continue;
    const [root] = found.filter(({ parent_id: id }) => id === undefined);
    expect(root).toMatchObject({ name: 'millrace-router', annotations: { route: 'POST /api/tasks' } });
    await expect
      .poll(async () => (await documentsOf(task.traceId ?? '')).filter(({ parent_id: id }) => id === root?.id))
      .toMatchObject([{ name: 'markdown.render', annotations: { task_id: id } }]);
    return;
  }
}, 120_000);
