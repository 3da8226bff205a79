import { beforeEach, expect, test } from 'vitest';
import type { TaskDefinition } from '../../../../functions/core/define-task.ts';
import type { TaskId } from '../../../../functions/core/task/ids.ts';
import { decodeMessage } from '../../../../functions/core/task/message.ts';
import { submit } from '../../../doubles/executor-world.ts';
import { makeSum, part, runDry, subtasksOf, sumOf } from '../../../doubles/fan-out-world.ts';
import { echo as echoes, greet } from '../../../doubles/task-definitions.ts';
import { tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const DAY_SECONDS = 86_400;
const keptFor = (definition: TaskDefinition, retentionDays: number): TaskDefinition => ({
  ...definition,
  retentionDays,
});

/** Runs on the lane whose messages are delivered here. */
const echo = { ...echoes, resources: 'default', priority: 'normal' } as TaskDefinition;

let world: World;
beforeEach(() => {
  world = createWorld([keptFor(greet, 1), keptFor(echo, 90), part, keptFor(makeSum().sum as TaskDefinition, 30)]);
});

const post = (body: Record<string, unknown>, headers = {}) => callApi(world, 'POST /api/tasks', { body, headers });
const status = async (id: unknown) => (await callApi(world, `GET /api/tasks/${id}`)).status;

test('a task is shown as long after its end as its type says', async () => {
  const short = (await post({ type: 'greet', input: { name: 'Ada' } })).body.id;
  const long = (await post({ type: 'echo', input: 'hello' })).body.id;
  await runDry(world);
  world.advance(DAY_SECONDS - 120);
  expect([await status(short), await status(long)]).toEqual([200, 200]);
  world.advance(120);
  expect([await status(short), await status(long)]).toEqual([404, 200]);
  world.advance(88 * DAY_SECONDS);
  expect(await status(long)).toBe(200);
  world.advance(2 * DAY_SECONDS);
  expect(await status(long)).toBe(404);
});

test('it travels with the message, so that a claim without a row makes the same', async () => {
  await post({ type: 'greet', input: { name: 'Ada' } });
  const [message] = world.queue.messages.values();
  expect(decodeMessage(message?.body ?? '')).toMatchObject({ tasks: [{ type: 'greet', retentionDays: 1 }] });
});

test('a type without one has none in its rows', async () => {
  const { id } = (await post({ type: 'part', input: { number: 1 } })).body;
  expect(await world.ports.store.get(tenant('acme'), id as TaskId, world.now)).not.toHaveProperty('retentionDays');
});

test('its payloads are kept for as long', async () => {
  const kept: [string, number][] = [];
  const put = world.payloads.put.bind(world.payloads);
  world.payloads.put = (tenantId, id, name, value, keepUntil, ...more) => {
    kept.push([name, Math.round((keepUntil - world.now) / 1000 / DAY_SECONDS)]);
    return put(tenantId, id, name, value, keepUntil, ...more);
  };
  await post({ type: 'echo', input: 'hello', onEnd: { url: 'https://hooks.example/' } });
  await runDry(world);
  expect(kept).toEqual([
    ['on-end', 120],
    ['input', 120],
    ['output-1', 120],
  ]);
});

test('its key may end as late as that', async () => {
  const keyed = (idempotencyKeyTtlSeconds: number) =>
    post({ type: 'greet', input: { name: 'Ada' }, idempotencyKeyTtlSeconds }, { 'idempotency-key': 'once' });
  expect(await keyed(DAY_SECONDS + 1)).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/idempotencyKeyTtlSeconds' }] },
  });
  expect((await keyed(DAY_SECONDS)).status).toBe(202);
});

test('a subtask is kept as long as its parent, which is kept for longer than others', async () => {
  const seed = await submit(world, sumOf([1, 2], { retentionDays: 30 }));
  await runDry(world);
  expect((await subtasksOf(world, seed)).map(({ retentionDays }) => retentionDays)).toEqual([30, 30]);
});

test('a type says it where it is shown', async () => {
  expect((await callApi(world, 'GET /api/definitions/echo')).body).toMatchObject({ retentionDays: 90 });
  expect((await callApi(world, 'GET /api/definitions/part')).body).not.toHaveProperty('retentionDays');
});
