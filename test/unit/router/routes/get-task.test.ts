import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../../functions/core/json.ts';
import { newTask, type RunningTask } from '../../../../functions/core/task/task.ts';
import type { Settlement } from '../../../../functions/core/task/transition.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const error = { code: 'boom', message: 'it went wrong', retryable: true };
const seed = taskSeed({ assignee: { type: 'user', id: 'u-1' }, workflowInstanceId: 'wf-1', traceHeader: 'Root=1-2-3' });
const shown = {
  id: seed.id,
  tenantId: 'acme',
  type: 'greet',
  priority: 'normal',
  maxAttempts: 3,
  timeoutSeconds: 10,
  input: { name: 'Ada' },
  assignee: { type: 'user', id: 'u-1' },
  workflowInstanceId: 'wf-1',
  executorKey: 'default/normal/0',
  queueName: 'millrace-default-normal-0',
  createdAt: '2026-01-01T00:00:00.000Z',
  traceId: '1-2-3',
};

let world: World;
beforeEach(() => {
  world = createWorld();
});

const read = async (id = seed.id) => (await callApi(world, `GET /api/tasks/${id}`)).body;

async function claimed(task = seed): Promise<RunningTask> {
  world.advance(2);
  const lease = { token: 'lease' as never, expiresAt: world.now + 10_000 };
  const claim = await world.ports.store.claim(task, lease, world.now);
  if (claim.result !== 'claimed') throw new Error(claim.result);
  world.advance(1);
  return claim.task;
}
const settled = async (settlement: Settlement) => world.ports.store.settle(await claimed(), settlement);

describe('a task is shown whole', () => {
  it('queued', async () => {
    await world.ports.store.insert(newTask(seed));
    expect(await read()).toEqual({ ...shown, status: 'queued', attempt: 0 });
  });

  it('running, without its lease', async () => {
    await claimed();
    expect(await read()).toEqual({ ...shown, status: 'running', attempt: 1, startedAt: '2026-01-01T00:00:02.000Z' });
  });

  it('queued after a failed attempt, with its error and when it runs next', async () => {
    await settled({ status: 'queued', error, notBefore: world.now + 60_000 });
    expect(await read()).toEqual({ ...shown, status: 'queued', attempt: 1, error, runAt: '2026-01-01T00:01:00.000Z' });
  });

  it('failed, with its error', async () => {
    await settled({ status: 'failed', error, finishedAt: world.now + 3000 });
    expect(await read()).toEqual({
      ...shown,
      status: 'failed',
      attempt: 1,
      error,
      startedAt: '2026-01-01T00:00:02.000Z',
      finishedAt: '2026-01-01T00:00:03.000Z',
    });
  });

  it.each<[JsonValue]>([[null], [false], [0], [''], [[]], [{ html: '<p>' }], ['x'.repeat(300)]])(
    'succeeded, with its output %j',
    async (value) => {
      const output = await world.ports.payloads.put(seed.tenantId, seed.id, 'output-1', value, world.now);
      await settled({ status: 'succeeded', output, finishedAt: world.now + 3000 });
      expect(await read()).toEqual({
        ...shown,
        status: 'succeeded',
        attempt: 1,
        output: value,
        startedAt: '2026-01-01T00:00:02.000Z',
        finishedAt: '2026-01-01T00:00:03.000Z',
      });
    },
  );

  it('with an input that is kept apart', async () => {
    const large = { text: 'x'.repeat(5000) };
    const other = taskSeed();
    const input = await world.ports.payloads.put(other.tenantId, other.id, 'input', large, world.now);
    expect(input).toHaveProperty('ref');
    await claimed({ ...other, input });
    expect(await read(other.id)).toMatchObject({ input: large });
  });
});
