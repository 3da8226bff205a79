import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask, type TaskCatalog, type TaskDefinition } from '../../../functions/core/define-task.ts';
import { invoke } from '../../doubles/executor-world.ts';
import { base, makeSum, runDry } from '../../doubles/fan-out-world.ts';
import { tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from '../router/call-api.ts';

const wide = z.strictObject({ number: z.int().nullable() });
const narrow = z.strictObject({ number: z.int().min(10), unit: z.string() });
const thrice = { ...base, retry: { ...base.retry, maxAttempts: 3 } };

const single = (input: z.ZodType) =>
  defineTask({ ...thrice, type: 'part', input, run: async () => 1 }) as unknown as TaskDefinition;
const isolated = (input: z.ZodType) =>
  defineTask({ ...thrice, type: 'part', input, isolated: true, run: async () => 1 }) as unknown as TaskDefinition;
const batched = (input: z.ZodType) =>
  defineTask({
    ...thrice,
    type: 'part',
    input,
    batch: { maxSize: 5, windowSeconds: 1 },
    run: async (items) => items.map(() => 1),
  }) as unknown as TaskDefinition;

/** Has a deployment put another version of a type in place. */
function deploy(world: World, definition: TaskDefinition, inputVersion: string): void {
  const catalog = world.ports.catalog as Record<string, TaskCatalog[string]>;
  catalog[definition.type] = Object.assign(async () => definition, { inputVersion });
}
const read = async (world: World, id: unknown) => (await callApi(world, `GET /api/tasks/${id}`)).body;
const submit = async (world: World, body: unknown) => (await callApi(world, 'POST /api/tasks', { body })).body.id;

it.each([
  ['alone', single],
  ['in a thread', isolated],
  ['in a batch', batched],
])('an input that no longer fits fails at once, by its places and both versions: %s', async (_, definitionOf) => {
  const world = createWorld([definitionOf(wide)]);
  deploy(world, definitionOf(wide), 'aaaaaaaa');
  const id = await submit(world, { type: 'part', input: { number: 4 } });
  deploy(world, definitionOf(narrow), 'bbbbbbbb');
  expect(await read(world, id)).not.toHaveProperty('inputVersion');
  await runDry(world);
  const { error, ...task } = await read(world, id);
  expect(task).toMatchObject({ status: 'failed', attempt: 1, maxAttempts: 3 });
  expect(error).toMatchObject({ code: 'invalid_input', retryable: false });
  const { message } = error as { message: string };
  expect(message).toContain(
    'the input does not fit part by version bbbbbbbb of its schema, which version aaaaaaaa has accepted: ',
  );
  expect(message).toMatch(/number: .*; unit: /);
  // With another input it is the new version that has accepted it.
  await callApi(world, `POST /api/tasks/${id}/retry`, { body: { input: { number: 40, unit: 'kg' } } });
  await runDry(world);
  expect(await read(world, id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  const row = await world.ports.store.get(tenant('acme'), id as never, world.now);
  expect(row).toMatchObject({ inputVersion: 'bbbbbbbb' });
});

it('a subtask tells of the version that its fan-out was checked by', async () => {
  const { sum } = makeSum('collect');
  const world = createWorld([sum as unknown as TaskDefinition, single(wide)]);
  deploy(world, single(wide), 'aaaaaaaa');
  const id = await submit(world, { type: 'sum', input: { numbers: [1] } });
  await invoke(world);
  deploy(world, single(narrow), 'bbbbbbbb');
  await runDry(world);
  const { items } = (await callApi(world, `GET /api/tasks/${id}/subtasks`)).body as { items: { error: object }[] };
  expect(items).toMatchObject([
    { status: 'failed', error: { message: expect.stringContaining('version aaaaaaaa has accepted') } },
  ]);
});

it('one whose version nobody has named says what refuses it, and no more', async () => {
  const world = createWorld([single(wide)]);
  const id = await submit(world, { type: 'part', input: { number: 4 } });
  deploy(world, single(narrow), 'bbbbbbbb');
  await runDry(world);
  const { message } = (await read(world, id)).error as { message: string };
  expect(message).toContain('does not fit part by version bbbbbbbb of its schema: number');
});
