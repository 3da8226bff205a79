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
