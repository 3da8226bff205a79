import { beforeEach, describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../../functions/core/json.ts';
import type { TaskId } from '../../../../functions/core/task/ids.ts';
import { encodeMessage, encodeTask } from '../../../../functions/core/task/message.ts';
import { INLINE_PAYLOAD_BYTES } from '../../../../functions/core/task/payload.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { invoke, read, submit } from '../../../doubles/executor-world.ts';
import { makeSum, part, runDry, subtasksOf, sumOf } from '../../../doubles/fan-out-world.ts';
import { at, makeWorld, retry } from '../../../doubles/retry-world.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

/** They are so many that what is made of them is a payload of its own. */
const NUMBERS = Array.from({ length: 20 }, (_, number) => number);

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo, part, makeSum().sum]);
});

const remove = ({ id }: { readonly id: string }) => callApi(world, `DELETE /api/tasks/${id}`);
const submitTask = async (headers: Record<string, string> = {}, input: JsonValue = { name: 'Ada' }) =>
  callApi(world, 'POST /api/tasks', { body: { type: 'greet', input }, headers });
const failedSum = async (): Promise<TaskSeed> => {
  const seed = await submit(world, sumOf([1, null, 3]));
  await runDry(world);
  return seed;
};

describe('DELETE /api/tasks/{id}', () => {
  test('deletes a task that has ended, with what it was given and gave', async () => {
    const long = 'x'.repeat(INLINE_PAYLOAD_BYTES);
    const { body } = await submitTask({}, { name: long });
    await runDry(world);
    const task = await world.ports.store.get(tenant('acme'), body.id as TaskId, world.now);
    expect(task).toMatchObject({ status: 'succeeded', input: { ref: expect.any(String) } });
    expect(await remove({ id: String(body.id) })).toMatchObject({ status: 200, body: { id: body.id } });
    expect((await callApi(world, `GET /api/tasks/${body.id}`)).status).toBe(404);
    expect((await callApi(world, 'GET /api/tasks')).body).toMatchObject({ items: [] });
    expect(task && (await world.payloads.get(task.tenantId, task.input))).toBeUndefined();
    expect((await remove({ id: String(body.id) })).status).toBe(404);
  });

  test('forgets its attempts and the inputs that it had before, with what they refer to', async () => {
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await runDry(world);
    const { tenantId, id } = seed;
    const input = await world.payloads.put(tenantId, id, 'input-1', 'x'.repeat(INLINE_PAYLOAD_BYTES), world.now);
    await world.ports.formerInputs.add({ tenantId, id, attempt: 1, input }, world.now, world.now);
    const record = {
      number: 1,
      outcome: 'retried',
      startedAt: 1,
      endedAt: 2,
      executorKey: 'default/normal/0',
    } as const;
    await world.ports.attempts.put(seed, record, world.now);
    removeOnlyWhatIsNamed(world);
    expect((await remove(seed)).status).toBe(200);
    expect(await leftOf(world, seed)).toEqual([]);
  });

  test('refuses one that has not ended, and says what would be right', async () => {
    const { body } = await submitTask();
    const refusal = await remove({ id: String(body.id) });
    expect(refusal).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(refusal.body.detail).toBe('the task is queued: only one that has ended can be deleted; cancel it first');
  });

  test.each(['message', 'dead letter'])('lets no late %s run it again', async (what) => {
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await runDry(world);
    expect((await remove(seed)).status).toBe(200);
    if (what === 'message') await world.ports.queue.send(seed, 0);
    else world.ports.deadLetters.put('default', { body: encodeMessage([encodeTask(seed)]) });
    if (what === 'dead letter') await callApi(world, 'POST /api/lanes/default-normal-0/redrive');
    expect(world.queue.messages.size).toBe(1);
    world.advance(5);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toBeUndefined();
    expect(world.queue.messages.size).toBe(0);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'message dropped: its task was deleted' }));
  });

  test('does not bring back a task whose tombstone and lanes are long over', async () => {
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await runDry(world);
    await remove(seed);
    world.advance(16 * 86_400);
    await world.ports.queue.send(seed, 0);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toBeUndefined();
  });

  test('frees its idempotency key: a submit with it makes a task anew, which runs', async () => {
    const headers = { 'idempotency-key': 'once' };
    const { body } = await submitTask(headers);
    await runDry(world);
    await remove({ id: String(body.id) });
    world.advance(1);
    const again = await submitTask(headers, { name: 'Grace' });
    expect(again).toMatchObject({ status: 202, body: { id: body.id, status: 'queued', input: { name: 'Grace' } } });
    expect(again.headers['idempotent-replayed']).toBeUndefined();
    await runDry(world);
    expect((await callApi(world, `GET /api/tasks/${body.id}`)).body).toMatchObject({ status: 'succeeded' });
  });

  test('while its parts are removed, has a submit of its key come again, whose message does not run', async () => {
    const headers = { 'idempotency-key': 'once' };
    const { body } = await submitTask(headers);
    await runDry(world);
    world.ports.payloads.remove = () => Promise.reject(new Error('SlowDown'));
    expect((await remove({ id: String(body.id) })).status).toBe(503);
    expect((await callApi(world, `GET /api/tasks/${body.id}`)).status).toBe(404);
    const refused = await submitTask(headers);
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '61' }, body: { code: 'unavailable' } });
    await runDry(world);
    expect((await callApi(world, `GET /api/tasks/${body.id}`)).status).toBe(404);
  });

  test('goes on where it ended, when it is called again', async () => {
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await runDry(world);
    const { remove: removePayloads } = world.ports.payloads;
    world.ports.payloads.remove = () => Promise.reject(new Error('SlowDown'));
    expect(await remove(seed)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    world.ports.payloads.remove = removePayloads;
    expect((await remove(seed)).status).toBe(200);
    expect((await remove(seed)).status).toBe(404);
  });
});

/** Has payloads removed by what names them alone, as items of a table are. */
function removeOnlyWhatIsNamed({ ports, payloads }: World): void {
  ports.payloads.remove = async (_tenant, _task, refs) => payloads.lose((ref) => refs.includes(ref));
}

/** Returns what is still kept of a task: its row, its payloads, its fan-outs and what has happened to it. */
async function leftOf({ ports, payloads, now }: World, { tenantId, id }: Pick<TaskSeed, 'tenantId' | 'id'>) {
  const left: string[] = [];
  if ((await ports.store.get(tenantId, id, now)) !== undefined) left.push(`the row of ${id}`);
  payloads.lose((ref) => {
    if (ref.startsWith(`${tenantId}#${id}#`)) left.push(ref);
    return false;
  });
  for (let attempt = 1; attempt <= 10; attempt++) {
    if ((await ports.fanOuts.opened({ tenantId, id, attempt })) !== undefined) left.push(`the fan-out of ${attempt}`);
  }
  return [...left, ...(await ports.history.entries(tenantId, id)).map(({ key }) => key)];
}

/** Notes each task that ever has a row. */
function watchTasks({ ports: { store } }: World): ReadonlyMap<string, TaskSeed> {
  const seen = new Map<string, TaskSeed>();
  const { watch } = store;
  store.watch = (before, after) => {
    watch(before, after);
    seen.set(after.id, after);
  };
  return seen;
}

describe('of a task that was fanned out', () => {
  test.each([
    ['in part, and then anew', [{}, { subtasks: 'all' }]],
    ['in part, twice, and then with another input', [{}, {}, { input: { numbers: [...NUMBERS, 5] } }]],
    ['anew, and then in part', [{ subtasks: 'all' }, {}]],
  ])('leaves nothing of it where it was retried %s', async (_, retries) => {
    const { world: retried, broken } = makeWorld('fail', [7]);
    world = retried;
    const seen = watchTasks(world);
    const seed = await submit(world, sumOf(NUMBERS, { maxAttempts: 3 }));
    await runDry(world);
    for (const [place, body] of retries.entries()) {
      if (place === retries.length - 1) broken.clear();
      expect((await retry(world, seed, body)).status).toBe(202);
      await runDry(world);
    }
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    removeOnlyWhatIsNamed(world);
    expect((await remove(seed)).status).toBe(200);
    const left = await Promise.all([...seen.values()].map((one) => leftOf(world, one)));
    expect(left.flat()).toEqual([]);
    expect(seen.size).toBeGreaterThan(2 * NUMBERS.length);
  });

  test('waits for what still runs of it from before a retry, and forgets that, too', async () => {
    const { world: retried, broken } = makeWorld('fail', [4]);
    world = retried;
    const seed = await submit(world, sumOf([1, 4], { maxAttempts: 3 }));
    await invoke(world);
    const slow = at(await subtasksOf(world, seed), 0);
    await world.ports.store.claim(slow, { token: 'slow' as never, expiresAt: world.now + 600_000 }, world.now);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
    broken.clear();
    await retry(world, seed, { subtasks: 'all' });
    for (let rounds = 0; rounds < 4; rounds++) await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(await remove(seed)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await read(world, slow)).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(Number) });
    expect(await read(world, seed)).toBeUndefined();
    // Its executor has died: nobody else would end it.
    world.advance(700);
    expect((await remove(seed)).status).toBe(200);
    expect(await leftOf(world, slow)).toEqual([]);
    expect(await leftOf(world, seed)).toEqual([]);
  });

  test('deletes the subtasks, those of subtasks too, and forgets the fan-out', async () => {
    const seed = await submit(world, sumOf([1, 2, 3]));
    await runDry(world);
    const subtasks = await subtasksOf(world, seed);
    expect(subtasks).toHaveLength(3);
    expect((await remove(seed)).status).toBe(200);
    for (const subtask of [seed, ...subtasks]) expect(await read(world, subtask)).toBeUndefined();
    const { tenantId, id } = seed;
    expect(await world.ports.fanOuts.get({ tenantId, id, attempt: 1 })).toBeUndefined();
  });

  test('deletes those that it had before a retry', async () => {
    const seed = await failedSum();
    const first = await subtasksOf(world, seed);
    await callApi(world, `POST /api/tasks/${seed.id}/retry`);
    await runDry(world);
    expect((await remove(seed)).status).toBe(200);
    for (const subtask of first) expect(await read(world, subtask)).toBeUndefined();
  });

  test('refuses while one of them has not ended', async () => {
    const seed = await failedSum();
    const [subtask] = await subtasksOf(world, seed);
    if (subtask === undefined) throw new Error('there is no subtask');
    world.ports.store.overwrite({ ...(subtask as TaskSeed), status: 'queued', attempt: 0 });
    const refusal = await remove(seed);
    expect(refusal).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(refusal.body.detail).toContain('1 of its subtasks has not ended');
  });

  test('refuses to delete one of them, as long as their parent is there', async () => {
    const seed = await failedSum();
    const [subtask] = await subtasksOf(world, seed);
    if (subtask === undefined) throw new Error('there is no subtask');
    const refusal = await remove(subtask);
    expect(refusal).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(refusal.body.detail).toContain(`delete its parent, ${seed.id}`);
    expect(await read(world, subtask)).toBeDefined();
  });
});
