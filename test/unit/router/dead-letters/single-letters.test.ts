import { beforeEach, describe, expect, test } from 'vitest';
import { encodeMessage, encodeTask } from '../../../../functions/core/task/message.ts';
import { newTask, type TaskSeed } from '../../../../functions/core/task/task.ts';
import { invoke, read } from '../../../doubles/executor-world.ts';
import { lease, storeDriver } from '../../../doubles/store-driver.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const LANE = 'default-normal-0';
const OPERATOR = { tenantId: 'acme', scopes: 'read operate' };
const PLATFORM = { tenantId: 'acme', scopes: 'read operate platform' };

let world: World;
beforeEach(() => {
  world = createWorld([greet]);
});

const seedOf = (more: Partial<TaskSeed> = {}) => taskSeed({ createdAt: world.now, ...more });
const dead = (...tasks: TaskSeed[]) =>
  world.ports.deadLetters.put('default', { body: encodeMessage(tasks.map(encodeTask)) });
const malformed = () =>
  world.ports.deadLetters.put('default', {
    body: '{"secret":',
    laneName: LANE,
    reason: 'the body is not JSON that can be read',
  });
const path = (id: string, lane = LANE) => `/api/lanes/${lane}/dead-letters/${id}`;
const get = (id: string, caller: Record<string, string> = OPERATOR, lane = LANE) =>
  callApi(world, `GET ${path(id, lane)}`, { caller });
const redrive = (id: string, message?: unknown, caller: Record<string, string> = OPERATOR) =>
  callApi(world, `POST ${path(id)}/redrive`, { caller, ...(message === undefined ? {} : { body: { message } }) });
const drop = (id: string, caller: Record<string, string> = OPERATOR) =>
  callApi(world, `DELETE ${path(id)}`, { caller });
const messageOf = async (id: string, caller: Record<string, string> = OPERATOR) =>
  (await get(id, caller)).body.message as { v: number; tasks: Record<string, unknown>[] };

describe('a dead letter', () => {
  test('is shown with its tasks and what they were given, and is there for others at once', async () => {
    const seed = seedOf();
    await world.ports.store.insert(newTask(seed));
    dead(seed);
    const { status, body } = await get('letter-1');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      messageId: 'letter-1',
      reason: { code: 'deliveries_exhausted' },
      tasks: [{ id: seed.id, type: 'greet', status: 'queued', input: { name: 'Ada' } }],
      ofOthers: 0,
      message: { v: 1, tasks: [{ id: seed.id, input: { inline: { name: 'Ada' } } }] },
    });
    expect((await get('letter-1')).status).toBe(200);
    expect(await world.ports.deadLetters.held('default')).toBe(0);
  });

  test('shows a key without the scope read nothing of what its tasks were given', async () => {
    dead(seedOf());
    const { body } = await get('letter-1', { ...OPERATOR, scopes: 'operate' });
    expect(JSON.stringify(body)).not.toContain('Ada');
  });

  test('that is not there, of another lane, or of another class is 404', async () => {
    dead(seedOf());
    expect((await get('letter-9')).status).toBe(404);
    expect((await get('letter-1', OPERATOR, 'default-high-0')).status).toBe(404);
    expect((await get('letter-1', OPERATOR, 'io-intensive-normal-0')).status).toBe(404);
    expect((await get('letter-1', OPERATOR, 'nowhere')).status).toBe(404);
  });

  test('that may be in the hand of another call is 503, not 404', async () => {
    dead(seedOf());
    await world.ports.deadLetters.take('default', 60);
    expect(await get('letter-1')).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect((await drop('letter-1')).status).toBe(503);
  });

  test('is found behind many others, all of which are given back', async () => {
    for (let count = 0; count < 35; count++) dead(seedOf());
    expect((await get('letter-35')).status).toBe(200);
    expect(await world.ports.deadLetters.held('default')).toBe(0);
  });
});

describe("another tenant's dead letter", () => {
  test.each(['get', 'redrive', 'drop'] as const)('is not there to %s, nor one that cannot be read', async (verb) => {
    const foreign = seedOf({ tenantId: tenant('other'), input: { inline: { name: 'a secret' } } });
    dead(foreign);
    malformed();
    const call = { get, redrive: (id: string) => redrive(id), drop }[verb];
    for (const id of ['letter-1', 'letter-2']) {
      const { status, body } = await call(id);
      expect(status).toBe(404);
      expect(JSON.stringify(body)).not.toMatch(/secret|other"/);
    }
    expect(world.ports.deadLetters.bodies).toHaveLength(2);
    expect(world.queue.messages.size).toBe(0);
  });

  test('in one message with its own: it sees its own, and how many others there are, and changes nothing', async () => {
    const [own, foreign] = [seedOf(), seedOf({ tenantId: tenant('other'), input: { inline: { name: 'a secret' } } })];
    dead(own, foreign);
    const { body } = await get('letter-1');
    expect(body).toMatchObject({ tasks: [{ id: own.id }], ofOthers: 1 });
    expect(body).not.toHaveProperty('message');
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`secret|${foreign.id}`));
    for (const answer of [await redrive('letter-1'), await drop('letter-1')]) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    }
    expect(world.ports.deadLetters.bodies).toHaveLength(1);
    expect(await get('letter-1', PLATFORM)).toMatchObject({
      body: { tasks: [{}, { tenantId: 'other' }], ofOthers: 0 },
    });
    expect((await redrive('letter-1', undefined, PLATFORM)).body).toEqual({ id: 'letter-1', tasks: 2 });
  });

  test('that cannot be read is shown as it is with the scope platform', async () => {
    malformed();
    expect((await get('letter-1', PLATFORM)).body).toMatchObject({ reason: { code: 'malformed' }, text: '{"secret":' });
  });
});

describe('to send it again', () => {
  test('sends its tasks, and removes it', async () => {
    const seeds = [seedOf(), seedOf()];
    dead(...seeds);
    dead(seedOf());
    expect((await redrive('letter-1')).body).toEqual({ id: 'letter-1', tasks: 2 });
    expect(world.ports.deadLetters.bodies).toHaveLength(1);
    await invoke(world);
    for (const seed of seeds) expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });

  test('is refused for what no executor can read, unless it is sent changed', async () => {
    malformed();
    expect(await redrive('letter-1', undefined, PLATFORM)).toMatchObject({
      status: 409,
      body: { code: 'invalid_status' },
    });
    const seed = seedOf();
    const message = JSON.parse(encodeMessage([encodeTask(seed)]));
    expect((await redrive('letter-1', message, PLATFORM)).body).toEqual({ id: 'letter-1', tasks: 1 });
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });

  test('leaves it where the lane does not take it', async () => {
    dead(seedOf());
    world.ports.queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    expect((await redrive('letter-1')).status).toBe(503);
    expect(world.ports.deadLetters.bodies).toHaveLength(1);
  });
});

describe('to send it changed', () => {
  test('has the task run on what it is given now, which its row says too', async () => {
    const seed = seedOf();
    await world.ports.store.insert(newTask(seed));
    dead(seed);
    const message = await messageOf('letter-1');
    const [task] = message.tasks;
    const changed = { ...message, tasks: [{ ...task, input: { inline: { name: 'Grace' } } }] };
    expect((await redrive('letter-1', changed)).status).toBe(202);
    await invoke(world);
    const { body } = await callApi(world, `GET /api/tasks/${seed.id}`);
    expect(body).toMatchObject({ status: 'succeeded', input: { name: 'Grace' }, output: { greeting: 'Hello Grace' } });
  });

  test.each([
    ['another tenant', { tenantId: 'other' }, '/message/tasks/0/tenantId'],
    ['another task', { id: '00000000000000000000009999-0' }, '/message/tasks/0/id'],
    ['another age', { createdAt: 1 }, '/message/tasks/0/createdAt'],
    ['another submit', { fingerprint: 'mine' }, '/message/tasks/0/fingerprint'],
    ['other tags, which no list would know', { tags: ['urgent'] }, '/message/tasks/0/tags'],
    ['another to tell', { onEnd: { inline: { url: 7 } } }, '/message/tasks/0/onEnd'],
    ['an assignee', { assignee: { type: 'user', id: 'u-1' } }, '/message/tasks/0/assignee'],
    ['attempts without end', { maxAttempts: 1_000_000 }, '/message/tasks/0/maxAttempts'],
    ['a timeout that no executor of the class has', { timeoutSeconds: 900 }, '/message/tasks/0/timeoutSeconds'],
    ['a type that there is not', { type: 'nothing' }, '/message/tasks/0/type'],
    ['a lane that there is not', { executorKey: 'default/high/9' }, '/message/tasks/0/executorKey'],
    ['an input that does not fit', { input: { inline: { name: 7 } } }, '/message/tasks/0/input/inline/name'],
    ["another's payload", { input: { ref: 'other#x#input' } }, '/message'],
    ['a payload of its own', { input: { ref: 'acme#x#input' } }, '/message/tasks/0/input'],
    ['a field that there is not', { colour: 'red' }, '/message'],
  ])('is refused with %s', async (_, change, field) => {
    dead(seedOf());
    const message = await messageOf('letter-1');
    const refused = await redrive('letter-1', { ...message, tasks: [{ ...message.tasks[0], ...change }] });
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((refused.body.errors as { field: string }[]).map((one) => one.field)).toContain(field);
    expect(world.ports.deadLetters.bodies).toHaveLength(1);
    expect(world.queue.messages.size).toBe(0);
  });

  test('says how an input is written', async () => {
    dead(seedOf());
    const message = await messageOf('letter-1');
    const refused = await redrive('letter-1', { ...message, tasks: [{ ...message.tasks[0], input: { name: 'Ada' } }] });
    const told = 'tasks.0.input: must be {"inline": ...}, with what the task is given, or {"ref": ...}, as it was';
    expect(refused.body.errors).toEqual([{ field: '/message', message: told }]);
  });

  test.each(['succeeded', 'running', 'deleted'] as const)('is refused where the task is %s', async (status) => {
    const seed = seedOf();
    const { claim } = storeDriver(world.ports.store);
    const task = await claim(seed, world.now, lease(world.now + 10_000));
    const ended = { status: 'succeeded', output: { inline: 1 }, finishedAt: world.now } as const;
    if (status !== 'running') await world.ports.store.settle(task, ended);
    if (status === 'deleted') await callApi(world, `DELETE /api/tasks/${seed.id}`);
    dead(seed);
    expect(await redrive('letter-1', await messageOf('letter-1'))).toMatchObject({ status: 409 });
    expect(world.ports.deadLetters.bodies).toHaveLength(1);
  });
});

describe('to drop it', () => {
  test('cancels the tasks in it that have not ended, one without a row too, and removes it', async () => {
    const [queued, unwritten, ended] = [seedOf(), seedOf(), seedOf()];
    await world.ports.store.insert(newTask(queued));
    await world.ports.store.insert(newTask(ended));
    await world.ports.store.cancel(ended.tenantId, ended.id, world.now);
    dead(queued, unwritten, ended);
    expect(await drop('letter-1')).toMatchObject({ status: 200, body: { id: 'letter-1', cancelled: 2 } });
    for (const seed of [queued, unwritten, ended])
      expect(await read(world, seed)).toMatchObject({ status: 'cancelled' });
    expect(world.ports.deadLetters.bodies).toEqual([]);
  });

  test('ends a task whose executor has died with it', async () => {
    const seed = seedOf();
    await storeDriver(world.ports.store).claim(seed, world.now, lease(world.now + 1000));
    dead(seed);
    world.advance(60);
    expect(await drop('letter-1')).toMatchObject({ body: { cancelled: 1 } });
    expect(await read(world, seed)).toMatchObject({ status: 'cancelled' });
  });

  test('brings back no task that was deleted', async () => {
    const seed = seedOf();
    await world.ports.store.insert(newTask(seed));
    await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    await callApi(world, `DELETE /api/tasks/${seed.id}`);
    dead(seed);
    expect(await drop('letter-1')).toMatchObject({ body: { cancelled: 0 } });
    expect(await read(world, seed)).toBeUndefined();
  });
});
