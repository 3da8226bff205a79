import { describe, expect, it } from 'vitest';
import { encodeMessage, encodeTask } from '../../functions/core/task/message.ts';
import { newTask, type TaskSeed } from '../../functions/core/task/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { greet } from '../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { createWorld } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const keyed = { headers: { 'idempotency-key': 'order-1' } };
const as = (scopes: string) => ({ caller: { tenantId: 'acme', scopes } });
const TENANTS_OWN = 'submit read operate admin';
const LANE = 'default-normal-0';

describe('a key that may not read', () => {
  it.each([
    ['POST /api/tasks', ada, (body: object) => body],
    [
      'POST /api/tasks/batch',
      { tasks: [ada] },
      (body: object) => (body as { results: [{ task: object }] }).results[0].task,
    ],
  ])('learns by a repeated %s no more than by the first', async (request, body, taskOf) => {
    const world = createWorld([greet]);
    await callApi(world, request, { body, ...keyed, ...as('submit') });
    await handleBatch(world.queue.deliver(), 900, world.ports);
    const again = await callApi(world, request, { body, ...keyed, ...as('submit') });
    expect(taskOf(again.body)).toMatchObject({ status: 'succeeded' });
    for (const field of ['input', 'output', 'error', 'progress']) expect(taskOf(again.body)).not.toHaveProperty(field);
  });

  it('sees its tasks whole with the scope read', async () => {
    const world = createWorld([greet]);
    await callApi(world, 'POST /api/tasks', { body: ada, ...keyed, ...as('submit') });
    await handleBatch(world.queue.deliver(), 900, world.ports);
    const { body } = await callApi(world, 'POST /api/tasks', { body: ada, ...keyed, ...as('submit read') });
    expect(body).toMatchObject({ input: ada.input, output: { greeting: 'Hello Ada' } });
  });

  it.each(['cancel', 'retry'])('is not shown what a task was given where it may %s it', async (verb) => {
    const world = createWorld([greet]);
    const seed = taskSeed({ input: { inline: { name: 'a secret' } } });
    await world.ports.store.insert(newTask(seed));
    if (verb === 'retry') await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    const { status, body } = await callApi(world, `POST /api/tasks/${seed.id}/${verb}`, as('operate'));
    expect({ status, id: body.id }).toEqual({ status: 202, id: seed.id });
    expect(JSON.stringify(body)).not.toContain('a secret');
  });
});

describe('a schedule', () => {
  const body = { type: 'greet', input: { name: 'a secret' }, cron: '0 9 * * *' };

  it('is made, changed and run with the scope submit, since it makes tasks, and its input is read with read alone', async () => {
    const world = createWorld([greet]);
    expect(await callApi(world, 'POST /api/schedules', { body, ...as('read operate') })).toMatchObject({ status: 403 });
    const made = await callApi(world, 'POST /api/schedules', { body, ...as('submit') });
    expect(JSON.stringify(made)).not.toContain('a secret');
    const path = `/api/schedules/${made.body.id}`;
    const changed = { body: { rateMinutes: 1 }, ...as('read operate') };
    expect(await callApi(world, `PATCH ${path}`, changed)).toMatchObject({ status: 403 });
    expect(await callApi(world, `POST ${path}/run`, as('read operate'))).toMatchObject({ status: 403 });
    expect(await callApi(world, `POST ${path}/pause`, as('submit'))).toMatchObject({ status: 403 });
    expect(JSON.stringify(await callApi(world, `POST ${path}/pause`, as('operate')))).not.toContain('a secret');
    expect(await callApi(world, `GET ${path}`, as('read'))).toMatchObject({ body: { input: { name: 'a secret' } } });
  });

  it('has the limits of the key that made it, or changed it last', async () => {
    const world = createWorld([greet]);
    const limited = { caller: { tenantId: 'acme', scopes: 'submit', ratePerSecond: 5 } };
    const { body: made } = await callApi(world, 'POST /api/schedules', { body, ...limited });
    const limits = async () => (await world.ports.schedules.list(tenant('acme'), 1)).schedules[0]?.limits;
    expect(await limits()).toEqual({ ratePerSecond: 5 });
    await callApi(world, `PATCH /api/schedules/${made.id}`, { body: { rateMinutes: 1 }, ...as('submit') });
    expect(await limits()).toBeUndefined();
  });
});

describe('a bulk action', () => {
  const filter = { type: 'greet' };

  it('deletes with operate and admin alone', async () => {
    const world = createWorld([greet]);
    for (const dryRun of [true, false]) {
      const request = { body: { action: 'delete', filter, dryRun } };
      const refused = await callApi(world, 'POST /api/bulk-actions', { ...request, ...as('operate') });
      expect(refused).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
      const answer = await callApi(world, 'POST /api/bulk-actions', { ...request, ...as('operate admin') });
      expect(answer.status).toBe(dryRun ? 200 : 202);
    }
  });
});

describe('a webhook', () => {
  const body = { url: 'https://hooks.example/' };

  it('is made, and its secret shown, with the scope admin alone: it is told what comes of all tasks', async () => {
    const world = createWorld([greet]);
    const others = as('submit read operate platform');
    expect(await callApi(world, 'POST /api/webhooks', { body, ...others })).toMatchObject({ status: 403 });
    const { id } = (await callApi(world, 'POST /api/webhooks', { body, ...as('admin') })).body;
    for (const path of [`/api/webhooks/${id}/secret`, '/api/webhooks/secret']) {
      expect(await callApi(world, `POST ${path}`, others)).toMatchObject({ status: 403 });
      expect(await callApi(world, `POST ${path}`, as('admin'))).toMatchObject({ status: 200 });
    }
    const read = await callApi(world, `GET /api/webhooks/${id}`, as('read'));
    expect(JSON.stringify(read.body)).not.toContain('whsec_');
    expect(await callApi(world, `DELETE /api/webhooks/${id}`, as('admin read'))).toMatchObject({ status: 403 });
    expect(await callApi(world, `DELETE /api/webhooks/${id}`, as('operate'))).toMatchObject({ status: 200 });
  });

  it('or an onEnd tells a key nothing that it may not read', async () => {
    const world = createWorld([greet]);
    const submit = { ...ada, onEnd: { ...body, includeOutput: true } };
    expect(await callApi(world, 'POST /api/tasks', { body: submit, ...as('submit') })).toMatchObject({
      status: 403,
      body: { code: 'missing_scope' },
    });
    const bulk = await callApi(world, 'POST /api/tasks/batch', { body: { tasks: [submit, ada] }, ...as('submit') });
    expect(bulk.body).toMatchObject({ accepted: 1, rejected: 1 });
    expect(await callApi(world, 'POST /api/tasks', { body: submit, ...as('submit read') })).toMatchObject({
      status: 202,
    });
  });
});

describe('what touches all tenants takes the scope platform', () => {
  const patch = (scopes: string) =>
    callApi(createWorld([greet]), 'PATCH /api/definitions/greet', { body: { paused: true }, ...as(scopes) });

  it('to pause or tune a type', async () => {
    expect(await patch(TENANTS_OWN)).toMatchObject({ status: 403, body: { code: 'missing_scope' } });
    expect(await patch('platform')).toMatchObject({ status: 200, body: { paused: true } });
  });

  it('to redrive the dead letters of others', async () => {
    const { world, own, foreign } = deadLetters();
    const redrive = async (scopes: string) =>
      (await callApi(world, `POST /api/lanes/${LANE}/redrive`, as(scopes))).body;
    expect(await redrive(TENANTS_OWN)).toMatchObject({ messages: 1, tasks: 1, ofOthers: 2, hasMore: false });
    expect([...world.queue.messages.values()].map(({ body }) => body)).toEqual([bodyOf(own)]);
    expect(await redrive('operate platform')).toMatchObject({ messages: 2, tasks: 2, ofOthers: 0, unreadable: 2 });
    expect([...world.queue.messages.values()].map(({ body }) => body)).toContainEqual(
      expect.stringContaining(foreign.id),
    );
    expect(world.ports.deadLetters.bodies).toHaveLength(2);
  });

  it('to see what others wrote, or that it is theirs', async () => {
    const { world, own, foreign } = deadLetters();
    const list = async (scopes: string) =>
      (await callApi(world, `GET /api/lanes/${LANE}/dead-letters`, as(scopes))).body.items as Record<string, object>[];
    const items = await list(TENANTS_OWN);
    expect(items).toHaveLength(6);
    expect(items.flatMap(({ task }) => task ?? [])).toMatchObject([{ id: own.id }, { id: own.id }]);
    for (const secret of [foreign.id, 'beta', 'cardNumber']) expect(JSON.stringify(items)).not.toContain(secret);
    const all = JSON.stringify(await list('operate platform'));
    for (const told of [foreign.id, 'beta', 'cardNumber']) expect(all).toContain(told);
  });

  /**
   * There is one letter of the caller's, one of another, one of both, and two that cannot be read, one of them with a
   * task of another in it.
   */
  function deadLetters() {
    const world = createWorld([greet]);
    const at = { executorKey: 'default/normal/0' };
    const [own, foreign] = [taskSeed(at), taskSeed({ ...at, tenantId: tenant('beta') })];
    const letters = world.ports.deadLetters;
    for (const tasks of [[own], [foreign], [foreign, own]]) letters.put('default', { body: bodyOf(...tasks) });
    const reason = 'tasks.0: has no "cardNumber"';
    letters.put('default', { body: '{', laneName: LANE, reason });
    letters.put('default', { body: bodyOf(foreign).replace('beta', 'b e t a'), laneName: LANE, reason });
    return { world, own, foreign };
  }
});

const bodyOf = (...tasks: TaskSeed[]): string => encodeMessage(tasks.map(encodeTask));
