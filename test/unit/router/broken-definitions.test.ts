import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SingleTaskDefinition } from '../../../functions/core/define-task.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { createWorld } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const SCHEMAS: Readonly<Record<string, () => never | Promise<never>>> = {
  throws: () => {
    throw new Error('no schema');
  },
  rejects: async () => Promise.reject(new Error('no schema')),
  hangs: () => new Promise(() => {}),
};

const broken = Object.entries(SCHEMAS).map(
  ([type, validate]) =>
    ({
      ...greet,
      type,
      input: { '~standard': { ...greet.input['~standard'], validate } },
    }) as SingleTaskDefinition,
);
const input = { name: 'Ada' };

describe('a definition whose schema fails', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each(Object.keys(SCHEMAS))('that %s costs the other tasks of a bulk nothing', async (type) => {
    const world = createWorld([greet, ...broken]);
    const tasks = [
      { type, input },
      { type: 'greet', input },
    ];
    const answering = callApi(world, 'POST /api/tasks/batch', { body: { tasks } });
    await vi.advanceTimersByTimeAsync(10_000);
    const { body } = await answering;
    expect(body.results).toMatchObject([
      { status: 'rejected', problem: { code: 'internal_error' } },
      { status: 'accepted' },
    ]);
  });
});
