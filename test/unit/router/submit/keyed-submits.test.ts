import { describe, expect, it } from 'vitest';
import { invoke } from '../../../doubles/executor-world.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const grace = { type: 'greet', input: { name: 'Grace' } };
const headers = { 'idempotency-key': 'order-1' };

/**
 * Makes a world whose table takes no rows, once: it fails before they are written, or so that nobody learns that they
 * are.
 */
function failingOnce(isWritten: boolean) {
  const world = createWorld([greet]);
  const { store } = world.ports;
  const insert = store.insert.bind(store);
  store.insert = async (...args) => {
    store.insert = insert;
    if (isWritten) await insert(...args);
    throw new Error('throttled');
  };
  return world;
}

describe.each([
  ['POST /api/tasks', (task: unknown) => task],
  ['POST /api/tasks/batch', (task: unknown) => ({ tasks: [task] })],
] as const)('a key whose first submit has no row: %s', (call, bodyOf) => {
  const accepted = async (world: ReturnType<typeof createWorld>, task: unknown): Promise<string | undefined> => {
    const { status, body } = await callApi(world, call, { body: bodyOf(task), headers });
    if (call === 'POST /api/tasks') return status === 202 ? String(body.id) : undefined;
    const [result] = body.results as { task?: { id: string } }[];
    return result?.task?.id;
  };

  it.each([true, false])(
    'stands for one submit that is accepted, and that one runs (row written: %s)',
    async (isWritten) => {
      const world = failingOnce(isWritten);
      const ids = [await accepted(world, ada), await accepted(world, grace)];
      expect(ids.filter((id) => id !== undefined)).toHaveLength(isWritten ? 0 : 1);
      await invoke(world);
      const first = await accepted(world, ada);
      const { body } = await callApi(world, `GET /api/tasks/${ids[1] ?? first}`);
      expect(body).toMatchObject({ status: 'succeeded', input: isWritten ? ada.input : grace.input });
    },
  );

  it('is answered when it is sent again', async () => {
    const world = failingOnce(false);
    expect(await accepted(world, ada)).toBeUndefined();
    await invoke(world);
    const id = await accepted(world, ada);
    expect(await callApi(world, `GET /api/tasks/${id}`)).toMatchObject({ body: { status: 'succeeded', attempt: 1 } });
    expect(await accepted(world, grace)).toBeUndefined();
  });
});
