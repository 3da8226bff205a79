import { describe, expect, it } from 'vitest';
import { newTask } from '../../functions/core/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { greet } from '../doubles/task-definitions.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { createWorld } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const keyed = { headers: { 'idempotency-key': 'order-1' } };
const as = (scopes: string) => ({ caller: { tenantId: 'acme', scopes } });

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
    await handleBatch(world.queue.receive(), 900, world.ports);
    const again = await callApi(world, request, { body, ...keyed, ...as('submit') });
    expect(taskOf(again.body)).toMatchObject({ status: 'succeeded' });
    for (const field of ['input', 'output', 'error', 'progress']) expect(taskOf(again.body)).not.toHaveProperty(field);
  });

  it('sees its tasks whole with the scope read', async () => {
    const world = createWorld([greet]);
    await callApi(world, 'POST /api/tasks', { body: ada, ...keyed, ...as('submit') });
    await handleBatch(world.queue.receive(), 900, world.ports);
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
