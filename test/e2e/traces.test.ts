import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TaskView } from '../../functions/router/routes/task-view.ts';
import { call, post, submit, until } from './api.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Segment, startTraceDaemon, type TraceDaemon } from './trace-daemon.ts';

const REQUESTS = 49;
let daemon: TraceDaemon;
let receiver: Receiver;
let tasks: TaskView[];
let parent: TaskView;
let subtasks: TaskView[];

/** These are 49 calls of which every third has to be made twice and one fails for good, and one fan-out. */
beforeAll(async () => {
  daemon = await startTraceDaemon();
  const seen = new Map<string, number>();
  receiver = await startReceiver(() => (request, response) => {
    const place = Number(request.url?.slice(1));
    const times = (seen.get(String(place)) ?? 0) + 1;
    seen.set(String(place), times);
    response.writeHead(place === 1 ? 404 : place % 3 === 0 && times === 1 ? 503 : 200, { 'retry-after': '1' });
    response.end('done');
  });
  const { body } = await post('/api/tasks/batch', {
    tasks: Array.from({ length: REQUESTS }, (_, place) => ({
      type: 'http.request',
      input: { url: `${receiver.url}/${place}` },
    })),
  });
  const accepted = (body.results as { task: TaskView }[]).map(({ task }) => task);
  const fannedOut = await submit({ type: 'text.wordcount', input: { text: 'word '.repeat(800), parts: 4 } });
  tasks = [];
  for (const [place, { id }] of accepted.entries()) tasks.push(await until(id, place === 1 ? 'failed' : 'succeeded'));
  parent = await until(fannedOut.id, 'succeeded');
  subtasks = (await call('GET', `/api/tasks/${parent.id}/subtasks`)).body.items as TaskView[];
  // An attempt's segment is sent a moment after its task has ended; what is sent twice comes a moment later.
  const isTraced = (task: TaskView) => attemptsOf(task).length >= task.attempt;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(100)) {
    if ([...tasks, parent, ...subtasks].every(isTraced)) break;
  }
  await sleep(1_000);
}, 180_000);

afterAll(async () => {
  await receiver.close();
  await daemon.close();
});

const flat = (segments: readonly Segment[]): Segment[] =>
  segments.flatMap((segment) => [
    segment,
    ...flat(
      (segment.subsegments ?? []).map((part) => ({ ...part, parent_id: segment.id, trace_id: segment.trace_id })),
    ),
  ]);

/** Returns the segments of a task's attempts, the first first. */
const attemptsOf = ({ id }: TaskView): Segment[] =>
  daemon.segments
    .filter(({ annotations, type }) => type === undefined && annotations?.task_id === id)
    .toSorted((a, b) => a.start_time - b.start_time);

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

  it('is one, from the request on: each segment hangs on another, or on what submitted the task', () => {
    for (const task of [...tasks, parent, ...subtasks]) {
      const ofTrace = flat(daemon.segments.filter(({ trace_id: id }) => id === task.traceId));
      const ids = new Set(ofTrace.map(({ id }) => id));
      const roots = new Set(ofTrace.flatMap(({ parent_id: id }) => (id !== undefined && ids.has(id) ? [] : [id])));
      // Lambda sends the router's own segment.
      expect(roots.size, `${task.type} ${[...roots]}`).toBe(1);
      expect(attemptsOf(task)).toHaveLength(task.attempt);
    }
  });

  it('goes on in subtasks', () => {
    expect(subtasks).toHaveLength(4);
    expect(new Set(subtasks.map(({ traceId }) => traceId))).toEqual(new Set([parent.traceId]));
    expect(attemptsOf(parent).map(({ annotations }) => annotations?.task_status)).toEqual(['waiting', 'succeeded']);
  });

  it('shows the calls of AWS, and those of handlers', () => {
    const attempt = attemptsOf(tasks[0] as TaskView).at(-1);
    const parts = flat(daemon.segments).filter(({ parent_id: id }) => id === attempt?.id);
    expect(parts.map(({ name, namespace }) => [name, namespace])).toEqual(
      expect.arrayContaining([
        ['DynamoDB', 'aws'],
        [new URL(receiver.url).host, 'remote'],
      ]),
    );
  });
});
