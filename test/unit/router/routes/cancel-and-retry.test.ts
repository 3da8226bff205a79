import { beforeEach, describe, expect, it } from 'vitest';
import type { LeaseToken, TaskId } from '../../../../functions/core/task/ids.ts';
import type { RunningTask, TaskSeed } from '../../../../functions/core/task/task.ts';
import { handleBatch } from '../../../../functions/executor/handle-batch.ts';
import { dueTasks } from '../../../doubles/due-tasks.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const error = { code: 'boom', message: 'it went wrong', retryable: true };
const broken = async (): Promise<never> => {
  throw new Error('ThrottlingException');
};

let world: World;
let id: string;
beforeEach(async () => {
  world = createWorld([greet, echo]);
  id = await submit();
});

const submit = async (more: Record<string, unknown> = {}): Promise<string> =>
  String(
    (await callApi(world, 'POST /api/tasks', { body: { type: 'greet', input: { name: 'Ada' }, ...more } })).body.id,
  );
const cancel = () => callApi(world, `POST /api/tasks/${id}/cancel`);
const retry = () => callApi(world, `POST /api/tasks/${id}/retry`);
const read = async () => (await callApi(world, `GET /api/tasks/${id}`)).body;
const run = async () => {
  const deliveries = world.queue.deliver();
  const kept = await handleBatch(deliveries, 60, world.ports);
  for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
};
const found = async () => {
  const task = await world.ports.store.get(tenant('acme'), id as TaskId, world.now);
  if (task === undefined) throw new Error('it is gone');
  return task;
};
const claim = async (): Promise<RunningTask> => {
  const seed: TaskSeed = await found();
  const lease = { token: 'lease' as LeaseToken, expiresAt: world.now + 10_000 };
  const result = await world.ports.store.claim(seed, lease, world.now);
  if (result.result !== 'claimed') throw new Error(result.result);
  return result.task;
};
const end = async (status: 'failed' | 'succeeded'): Promise<void> => {
  await world.ports.store.settle(
    await claim(),
    status === 'failed'
      ? { status, error, finishedAt: world.now }
      : { status, output: { inline: 1 }, finishedAt: world.now },
  );
};

describe('cancel', () => {
  it('ends a queued task, and its message runs nothing', async () => {
    const answer = await cancel();
    expect(answer).toMatchObject({
      status: 202,
      body: { id, status: 'cancelled', attempt: 0, input: { name: 'Ada' } },
    });
    expect(answer.body).toMatchObject({ finishedAt: '2026-01-01T00:00:00.000Z' });
    await run();
    expect(await read()).toEqual(answer.body);
    expect(world.queue.messages.size).toBe(0);
    expect(world.recorded.map(({ metric }) => metric)).toEqual(['accepted', 'cancelled']);
  });

  it('ends a scheduled task, so that no sweeper sends it', async () => {
    id = await submit({ delaySeconds: 5000 });
    expect(await cancel()).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    world.advance(5000);
    expect(await dueTasks(world.ports.store, world.now)).toEqual([]);
  });

  it('flags a running task, whose failed attempt is then its last', async () => {
    const task = await claim();
    expect(await cancel()).toMatchObject({
      status: 202,
      body: { status: 'running', cancelRequestedAt: '2026-01-01T00:00:00.000Z' },
    });
    expect(await cancel()).toMatchObject({ status: 202 });
    const settlement = { status: 'queued', error, notBefore: world.now } as const;
    expect(await world.ports.store.settle(task, settlement)).toBe('cancel_requested');
    await world.ports.store.settle(task, { status: 'cancelled', finishedAt: world.now });
    expect(await read()).toMatchObject({ status: 'cancelled', attempt: 1 });
  });

  it('ends a running task whose executor has died, once its message is back', async () => {
    await claim();
    await cancel();
    world.advance(400);
    await run();
    expect(await read()).toMatchObject({ status: 'cancelled', attempt: 1 });
    expect(world.queue.messages.size).toBe(0);
  });

  it('does not undo a success that was on its way', async () => {
    const task = await claim();
    await cancel();
    await world.ports.store.settle(task, { status: 'succeeded', output: { inline: 1 }, finishedAt: world.now });
    expect(await read()).toMatchObject({ status: 'succeeded' });
  });

  it.each(['failed', 'succeeded'] as const)('is invalid_status for a task that has %s', async (status) => {
    await end(status);
    const answer = await cancel();
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(answer.body.detail).toContain(status);
    expect(await read()).toMatchObject({ status });
  });
});

describe('retry', () => {
  it('runs a failed task again, with as many attempts as at first', async () => {
    await end('failed');
    world.queue.messages.clear();
    const answer = await retry();
    expect(answer).toMatchObject({ status: 202, body: { id, status: 'queued', attempt: 1, maxAttempts: 4 } });
    expect(answer.body).not.toHaveProperty('error');
    expect(answer.body).not.toHaveProperty('finishedAt');
    await run();
    expect(await read()).toMatchObject({ status: 'succeeded', attempt: 2, output: { greeting: 'Hello Ada' } });
  });

  it('runs a cancelled task', async () => {
    await cancel();
    world.queue.messages.clear();
    expect(await retry()).toMatchObject({ status: 202, body: { status: 'queued', attempt: 0, maxAttempts: 3 } });
    await run();
    expect(await read()).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('never gives more attempts than at first, however often it is asked for', async () => {
    for (const maxAttempts of [4, 5, 6]) {
      await end('failed');
      expect((await retry()).body).toMatchObject({ maxAttempts });
    }
  });

  it('is sent by the sweeper where the queue fails', async () => {
    await end('failed');
    world.ports.queue.send = broken;
    expect(await retry()).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(await dueTasks(world.ports.store, world.now + 60_000)).toMatchObject([{ task: { id } }]);
  });

  it('is due no more once it has ended', async () => {
    await end('failed');
    await retry();
    await end('succeeded');
    expect(await dueTasks(world.ports.store, world.now + 3_600_000)).toEqual([]);
  });

  it('keeps an input that is stored apart', async () => {
    const input = { text: 'x'.repeat(1000) };
    id = await submit({ type: 'echo', input });
    await end('failed');
    const { payloads } = world.ports;
    const kept: unknown[] = [];
    const keep = payloads.keep.bind(payloads);
    payloads.keep = (...args) => {
      kept.push(args);
      return keep(...args);
    };
    // It stays where it is: its row says so, and what is put elsewhere belongs to nobody.
    payloads.put = () => Promise.reject(new Error('nothing is to be stored anew'));
    const { input: payload } = await found();
    world.advance(86_400);
    expect(await retry()).toMatchObject({ status: 202, body: { input } });
    expect(kept).toEqual([[payload, world.now + 44 * 86_400_000]]);
  });

  it.each([
    ['queued', async () => {}],
    ['running', claim],
    ['succeeded', () => end('succeeded')],
  ])('is invalid_status for a task that is %s', async (status, arrange) => {
    await arrange();
    const answer = await retry();
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(answer.body.detail).toContain(status);
    expect(await read()).toMatchObject({ status });
  });
});

describe('retry with another input', () => {
  const retryWith = (body: unknown) => callApi(world, `POST /api/tasks/${id}/retry`, { body });
  const inputs = () => callApi(world, `GET /api/tasks/${id}/inputs`);

  it('runs with it, and shows the one before', async () => {
    await end('failed');
    world.queue.messages.clear();
    expect(await inputs()).toMatchObject({ status: 200, body: { items: [] } });
    const answer = await retryWith({ input: { name: 'Grace' } });
    expect(answer).toMatchObject({ status: 202, body: { id, status: 'queued', attempt: 1, input: { name: 'Grace' } } });
    await run();
    expect(await read()).toMatchObject({ status: 'succeeded', attempt: 2, output: { greeting: 'Hello Grace' } });
    expect((await inputs()).body).toEqual({
      items: [{ attempt: 1, input: { name: 'Ada' }, replacedAt: '2026-01-01T00:00:00.000Z' }],
    });
  });

  it('runs with it also where an old message comes first', async () => {
    const [old] = [...world.queue.messages.values()].map(({ body }) => body);
    await end('failed');
    world.queue.messages.clear();
    await retryWith({ input: { name: 'Grace' } });
    world.queue.messages.clear();
    world.queue.put(old ?? '');
    await run();
    expect(await read()).toMatchObject({ status: 'succeeded', output: { greeting: 'Hello Grace' } });
  });

  it.each(['echo', 'greet'])('keeps a large one of %s apart from the one before', async (type) => {
    const [field] = type === 'echo' ? ['text'] : ['name'];
    id = await submit({ type, input: { [field ?? '']: 'a'.repeat(1000) } });
    await end('failed');
    await retryWith({ input: { [field ?? '']: 'b'.repeat(1000) } });
    expect((await read()).input).toEqual({ [field ?? '']: 'b'.repeat(1000) });
    await end('failed');
    await retryWith({ input: { [field ?? '']: 'c' } });
    const before = ((await inputs()).body.items as { input: unknown }[]).map(({ input }) => input);
    expect(before).toEqual([{ [field ?? '']: 'a'.repeat(1000) }, { [field ?? '']: 'b'.repeat(1000) }]);
  });

  it('says which one is gone', async () => {
    id = await submit({ type: 'echo', input: { text: 'a'.repeat(1000) } });
    await end('failed');
    world.payloads.lose();
    expect((await retry()).body).toMatchObject({ code: 'invalid_status' });
    expect(await retryWith({ input: { text: 'b' } })).toMatchObject({ status: 202, body: { input: { text: 'b' } } });
    expect((await inputs()).body.items).toEqual([{ attempt: 1, replacedAt: '2026-01-01T00:00:00.000Z' }]);
  });

  it('is one of two at once, and the other leaves nothing', async () => {
    await end('failed');
    const answers = await Promise.all([{ name: 'One' }, { name: 'Two' }].map((input) => retryWith({ input })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
    const taken = answers.find(({ status }) => status === 202)?.body.input;
    await run();
    await run();
    expect(await read()).toMatchObject({ status: 'succeeded', input: taken });
    expect((await inputs()).body.items).toMatchObject([{ attempt: 1, input: { name: 'Ada' } }]);
  });

  it('leaves the key of its submit as it was', async () => {
    const task = { type: 'greet', input: { name: 'Ada' } };
    const headers = { 'idempotency-key': 'order-7' };
    const first = await callApi(world, 'POST /api/tasks', { body: task, headers });
    id = String(first.body.id);
    await end('failed');
    await retryWith({ input: { name: 'Grace' } });
    const again = await callApi(world, 'POST /api/tasks', { body: task, headers });
    expect(again).toMatchObject({ status: 202, body: { id, input: { name: 'Grace' } } });
    const other = await callApi(world, 'POST /api/tasks', { body: { ...task, input: { name: 'Grace' } }, headers });
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency_conflict' } });
  });

  it.each([
    ['does not fit the schema', { input: { name: 7 } }, '/input/name'],
    ['is null', { input: null }, '/input'],
    ['comes with subtasks', { input: { name: 'Grace' }, subtasks: 'failed' }, '/subtasks'],
    ['comes with a field that is unknown', { input: { name: 'Grace' }, priority: 'high' }, '/priority'],
    ['has a number that would change', { input: { name: 'Grace' }, subtasks: 12345678901234567890n }, '/subtasks'],
    ['is no object', [], ''],
    ['is an empty list of subtasks', { subtasks: [] }, '/subtasks'],
    ['is another word for subtasks', { subtasks: 'some' }, '/subtasks'],
  ])('is invalid_request where it %s', async (_, body, field) => {
    await end('failed');
    const text = JSON.stringify(body, (_key, value) => (typeof value === 'bigint' ? Number(value) : value));
    const answer = await callApi(world, `POST /api/tasks/${id}/retry`, {
      body: text.replace('12345678901234567000', '12345678901234567890'),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body.errors as { field: string }[]).map((error) => error.field)).toContain(field);
    expect(await read()).toMatchObject({ status: 'failed' });
  });

  it('is refused where there are no subtasks', async () => {
    await end('failed');
    for (const subtasks of ['failed', [id]]) {
      expect(await retryWith({ subtasks })).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    }
    expect(await retryWith({ subtasks: 'all' })).toMatchObject({ status: 202 });
  });
});

it('GET subtasks is an empty page', async () => {
  expect(await callApi(world, `GET /api/tasks/${id}/subtasks`)).toMatchObject({
    status: 200,
    body: { items: [], nextCursor: null },
  });
});
