import { beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../functions/core/task/message.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { handleBatch } from '../../../../functions/executor/handle-batch.ts';
import type { ApiRequest } from '../../../doubles/api-event.ts';
import { dueTasks } from '../../../doubles/due-tasks.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { type ApiAnswer, callApi, SECURITY_HEADERS } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const large = (letter: string) => ({ type: 'echo', input: { text: letter.repeat(1000) } });
const broken = async (): Promise<never> => {
  throw new Error('ProvisionedThroughputExceededException: arn:aws:secret');
};
const keyed = { headers: { 'idempotency-key': 'order-1' } };
const replayed = ({ headers }: ApiAnswer): string | undefined => headers['idempotent-replayed'];

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo]);
});

const submit = async (body: unknown, request: ApiRequest = {}): Promise<ApiAnswer> => {
  world.advance(1);
  return callApi(world, 'POST /api/tasks', { body, ...request });
};
const read = (id: unknown) => callApi(world, `GET /api/tasks/${id}`);
const sent = (): TaskSeed[] =>
  [...world.queue.messages.values()].flatMap(({ body }) => {
    const decoded = decodeMessage(body);
    if (decoded.result !== 'tasks') throw new Error(decoded.result);
    return decoded.tasks;
  });
const due = (inSeconds = 0) => dueTasks(world.ports.store, world.now + inSeconds * 1000);
const runAll = () => handleBatch(world.queue.deliver(), 900, world.ports);

describe('when the queue fails', () => {
  beforeEach(() => {
    world.ports.queue.send = broken;
  });

  it('accepts the task, and the sweeper will send it', async () => {
    const answer = await submit(ada);
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued', attempt: 0 } });
    expect(await read(answer.body.id)).toMatchObject({ status: 200, body: answer.body });
    expect(await due()).toMatchObject([{ task: { id: answer.body.id }, dueAt: world.now }]);
    expect(world.recorded).toHaveLength(1);
    expect(JSON.stringify(answer.body)).not.toMatch(/Provisioned|secret/);
  });

  it('replays a submit that was accepted before', async () => {
    const first = await submit(ada, keyed);
    const again = await submit(ada, keyed);
    expect(again).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(replayed(again)).toBe('true');
    expect(await due()).toHaveLength(1);
  });

  it('still knows a conflict', async () => {
    await submit(ada, keyed);
    expect(await submit({ ...ada, priority: 'low' }, keyed)).toMatchObject({ status: 409 });
  });
});

describe('when the queue and the table fail', () => {
  it('answers unavailable, keeps nothing and says why in the log only', async () => {
    const { queue, store } = world.ports;
    Object.assign(queue, { send: broken });
    Object.assign(store, { insert: broken });
    const answer = await submit(ada, keyed);
    expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
    expect(JSON.stringify(answer.body)).not.toMatch(/Provisioned|secret/);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', code: 'unavailable', reason: expect.stringContaining('secret') }),
    );
    expect(world.recorded).toEqual([]);
    expect(sent()).toEqual([]);
    Object.assign(queue, { send: Object.getPrototypeOf(queue).send });
    Object.assign(store, { insert: Object.getPrototypeOf(store).insert });
    expect(replayed(await submit(ada, keyed))).toBeUndefined();
  });
});

it('answers unavailable and sends nothing when the payload store fails', async () => {
  world.ports.payloads.put = broken;
  const answer = await submit(large('x'));
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, body: { code: 'unavailable' } });
  expect(sent()).toEqual([]);
  expect(world.recorded).toEqual([]);
});

describe('when the table fails', () => {
  it('accepts the task, and the claim writes its row', async () => {
    const { insert } = world.ports.store;
    world.ports.store.insert = broken;
    const answer = await submit(ada);
    expect(answer).toMatchObject({ status: 202, body: { status: 'queued', attempt: 0 } });
    expect(replayed(answer)).toBeUndefined();
    expect(world.recorded).toEqual([]);
    expect(world.logged).toContainEqual(expect.objectContaining({ level: 'warn', task_id: answer.body.id }));
    expect(await read(answer.body.id)).toMatchObject({ status: 404 });
    world.ports.store.insert = insert;
    await runAll();
    const succeeded = { status: 'succeeded', output: { greeting: 'Hello Ada' } };
    expect(await read(answer.body.id)).toMatchObject({ body: succeeded });
    expect(world.recorded.filter(({ metric }) => metric === 'accepted')).toHaveLength(1);
  });
});

describe('the same Idempotency-Key with another body', () => {
  it.each([
    ['input', { ...large('a'), input: { text: 'b'.repeat(1000) } }],
    ['priority', { ...large('a'), priority: 'high' }],
    ['assignee', { ...large('a'), assignee: { type: 'user', id: 'u-1' } }],
    ['type', { ...large('a'), type: 'greet', input: { name: 'Ada' } }],
  ])('(its %s differs) is a conflict and leaves the first task as it is', async (_, other) => {
    const first = await submit(large('a'), keyed);
    const answer = await submit(other, keyed);
    expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
    expect(answer.headers).not.toHaveProperty('location');
    expect(world.recorded).toHaveLength(1);
    expect((await read(first.body.id)).body).toEqual(first.body);
    await runAll();
    expect(await read(first.body.id)).toMatchObject({
      body: { status: 'succeeded', attempt: 1, output: large('a').input },
    });
    expect(world.recorded.filter(({ metric }) => metric === 'succeeded')).toHaveLength(1);
  });
});

describe('the same Idempotency-Key with the same body', () => {
  it('replays the first task', async () => {
    const first = await submit(ada, keyed);
    const again = await submit(ada, keyed);
    expect(replayed(first)).toBeUndefined();
    expect(replayed(again)).toBe('true');
    expect(again).toMatchObject({ status: 202, headers: { location: first.headers.location } });
    expect(again.body).toEqual(first.body);
    expect(world.recorded).toEqual([{ of: 'default/normal/0', metric: 'accepted', value: 1 }]);
  });

  it('is replayed even within the same millisecond', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => callApi(world, 'POST /api/tasks', { body: ada, ...keyed })));
    expect(answers.map(replayed).toSorted()).toEqual(['true', 'true', undefined]);
    expect(world.recorded).toHaveLength(1);
  });

  it.each([
    ['small', ada],
    ['large', large('x')],
  ])('shows what has become of the first task: %s', async (_, body) => {
    const { body: first } = await submit(body, keyed);
    await runAll();
    const again = await submit(body, keyed);
    expect(replayed(again)).toBe('true');
    expect(again.body).toMatchObject({ id: first.id, status: 'succeeded', attempt: 1, input: body.input });
    expect(again.body).toHaveProperty('output');
    expect(again.body).toEqual((await read(first.id)).body);
  });

  it('runs once', async () => {
    await submit(ada, keyed);
    await submit(ada, keyed);
    await runAll();
    expect(world.recorded.map(({ metric }) => metric).toSorted()).toEqual([
      'accepted',
      'attempts',
      'execution',
      'succeeded',
      'timeoutUse',
      'wait',
    ]);
  });

  it('is the same body whatever the order of its fields', async () => {
    const first = await submit('{"type":"echo","input":{"a":1,"b":{"c":2,"d":3}},"priority":"low"}', keyed);
    const again = await submit('{"priority":"low","input":{"b":{"d":3,"c":2},"a":1},"type":"echo"}', keyed);
    expect(replayed(again)).toBe('true');
    expect(again.body.id).toBe(first.body.id);
  });

  it("of another tenant is another tenant's task", async () => {
    const ours = await submit(ada, keyed);
    const theirs = await submit(ada, { ...keyed, caller: { tenantId: 'other', scopes: 'submit' } });
    expect(theirs).toMatchObject({ status: 202, body: { tenantId: 'other' } });
    expect(replayed(theirs)).toBeUndefined();
    expect(theirs.body.id).not.toBe(ours.body.id);
    expect(world.recorded).toHaveLength(2);
  });
});

describe('an executor that is faster than the insert', () => {
  const raceTo = (run: (seed: TaskSeed) => Promise<unknown>) => {
    const { queue } = world.ports;
    const { send } = queue;
    queue.send = async (task, delaySeconds) => {
      await send.call(queue, task, delaySeconds);
      await run(task);
    };
  };

  it('does not make the submit a replay', async () => {
    raceTo((seed) => world.ports.store.claim(seed, { token: 'x' as never, expiresAt: world.now + 1000 }, world.now));
    const answer = await submit(ada, keyed);
    expect(answer).toMatchObject({ status: 202, body: { status: 'running', attempt: 1 } });
    expect(replayed(answer)).toBeUndefined();
    expect(world.recorded.map(({ metric }) => metric)).toEqual(['accepted', 'wait']);
  });

  it('may even have finished the task', async () => {
    raceTo(runAll);
    const answer = await submit(ada);
    expect(answer).toMatchObject({ status: 202, body: { status: 'succeeded', output: { greeting: 'Hello Ada' } } });
    expect(replayed(answer)).toBeUndefined();
  });
});

describe('an accepted task', () => {
  it('is what its type says', async () => {
    const { status, headers, body } = await submit(ada);
    expect(status).toBe(202);
    expect(headers).toEqual({
      ...SECURITY_HEADERS,
      'content-type': 'application/json',
      location: `/api/tasks/${body.id}`,
    });
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9A-Z]{26}-0$/),
      tenantId: 'acme',
      ...ada,
      priority: 'normal',
      status: 'queued',
      attempt: 0,
      maxAttempts: 3,
      timeoutSeconds: 10,
      executorKey: 'default/normal/0',
      queueName: 'millrace-default-normal-0',
      createdAt: '2026-01-01T00:00:01.000Z',
      traceId: '1-6b04c28d-e8be8acc27b5c47405b6f5a2',
    });
    expect(await callApi(world, `GET ${headers.location}`)).toMatchObject({ status: 200, body });
    const traceHeader = 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Parent=53995c3f42cd8ad8;Sampled=1';
    expect(sent()).toMatchObject([{ id: body.id, tenantId: tenant('acme'), traceHeader }]);
  });

  it('is what the caller asks for', async () => {
    const asked = {
      priority: 'high',
      maxAttempts: 20,
      timeoutSeconds: 50,
      assignee: { type: 'user', id: 'u-1' },
      workflowInstanceId: 'wf-1',
    };
    const { body } = await submit({ ...ada, ...asked });
    expect(body).toMatchObject({ ...asked, executorKey: 'default/high/0', queueName: 'millrace-default-high-0' });
    expect((await read(body.id)).body).toEqual(body);
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;x=y; Charset="UTF8"',
    'Application/JSON',
    ' application/json ;x=y',
  ])('may come as %j', async (contentType) => {
    expect(await submit(ada, { headers: { 'content-type': contentType } })).toMatchObject({ status: 202 });
  });

  it('may come as base64 and hold any character', async () => {
    const body = Buffer.from(JSON.stringify({ type: 'echo', input: 'Zoë 🚂\u0000' }));
    expect(await submit(body)).toMatchObject({ status: 202, body: { input: 'Zoë 🚂\u0000' } });
  });

  it.each(['text', 'bytes'])('may begin with the mark of UTF-8, as %s', async (kind) => {
    const body = `\ufeff${JSON.stringify({ type: 'echo', input: 'Zoë' })}`;
    expect(await submit(kind === 'text' ? body : Buffer.from(body))).toMatchObject({
      status: 202,
      body: { input: 'Zoë' },
    });
  });

  it('may have just 2.5 MB and just 100 levels', async () => {
    const input = `${'['.repeat(99)}${']'.repeat(99)}`;
    const body = `{"type":"echo","input":${input}}`.padEnd(2_500_000);
    expect(await submit(body)).toMatchObject({ status: 202 });
  });

  it('without an Idempotency-Key is always another', async () => {
    const [one, two] = [await submit(ada), await submit(ada)];
    expect(one.body.id).not.toBe(two.body.id);
    expect(world.recorded).toHaveLength(2);
  });

  it('without a trace has no traceId', async () => {
    Object.assign(world.ports.tracing, { header: () => undefined });
    expect((await submit(ada)).body).not.toHaveProperty('traceId');
  });
});
