import { beforeEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../functions/core/task/message.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { handleBatch } from '../../../../functions/executor/handle-batch.ts';
import type { ApiRequest } from '../../../doubles/api-event.ts';
import { dueTasks } from '../../../doubles/due-tasks.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { type ApiAnswer, callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const broken = async (): Promise<never> => {
  throw new Error('ProvisionedThroughputExceededException: arn:aws:secret');
};

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo]);
});

const submit = async (body: unknown, request: ApiRequest = {}): Promise<ApiAnswer> => {
  world.advance(1);
  return callApi(world, 'POST /api/tasks', { body, ...request });
};
const read = (id: unknown) => callApi(world, `GET /api/tasks/${id}`);
const sent = (): TaskSeed[] =>
  [...world.queue.messages.values()].flatMap(({ body }) => {
    const decoded = decodeMessage(body);
    if (decoded.result !== 'tasks') throw new Error(decoded.result);
    return decoded.tasks;
  });
const due = (inSeconds = 0) => dueTasks(world.ports.store, world.now + inSeconds * 1000);
const runAll = () => handleBatch(world.queue.deliver(), 900, world.ports);

describe('a task that is to run later', () => {
  const inSeconds = (seconds: number) => new Date(world.now + 1000 + seconds * 1000).toISOString();

  it.each([
    ['delaySeconds', () => ({ delaySeconds: 900 })],
    ['runAt', () => ({ runAt: inSeconds(900) })],
  ])('within 900 s waits in its lane: %s', async (_, when) => {
    const answer = await submit({ ...ada, ...when() });
    expect(answer).toMatchObject({ status: 202, body: { status: 'scheduled', runAt: inSeconds(899) } });
    expect([...world.queue.messages.values()].map(({ visibleAt }) => visibleAt)).toEqual([world.now + 900_000]);
    expect(await due(1000)).toEqual([]);
    world.advance(900);
    expect((await read(answer.body.id)).body).toMatchObject({ status: 'queued' });
    await runAll();
    expect((await read(answer.body.id)).body).toMatchObject({ status: 'succeeded' });
    expect(world.recorded.find(({ metric }) => metric === 'wait')).toMatchObject({ value: 0 });
  });

  it.each([
    ['delaySeconds', () => ({ delaySeconds: 901 })],
    ['runAt', () => ({ runAt: inSeconds(901) })],
  ])('beyond 900 s waits for the sweeper: %s', async (_, when) => {
    const answer = await submit({ ...ada, ...when() });
    expect(answer).toMatchObject({ status: 202, body: { status: 'scheduled' } });
    expect(sent()).toEqual([]);
    expect(await due(900)).toEqual([]);
    expect(await due(901)).toMatchObject([{ task: { id: answer.body.id }, dueAt: world.now + 901_000 }]);
  });

  it('beyond 900 s exists only once the table has it', async () => {
    Object.assign(world.ports.store, { insert: broken });
    expect(await submit({ ...ada, delaySeconds: 901 })).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(sent()).toEqual([]);
  });

  it('runs at once where its time is past', async () => {
    const answer = await submit({ ...ada, runAt: '2020-02-29T12:00:00+02:00' });
    expect(answer.body).toMatchObject({ status: 'queued' });
    expect(answer.body).not.toHaveProperty('runAt');
  });

  it.each([
    [{ delaySeconds: 1, runAt: '2026-01-02T00:00:00Z' }, ['/runAt']],
    [{ runAt: '2027-01-02T00:00:00Z' }, ['/runAt']],
    [{ runAt: '2026-01-02' }, ['/runAt']],
    [{ runAt: 'tomorrow' }, ['/runAt']],
    [{ delaySeconds: 31_536_001 }, ['/delaySeconds']],
    [{ delaySeconds: -1, priority: 'urgent', input: { name: 1 } }, ['/priority', '/delaySeconds', '/input/name']],
  ])('is refused with every wrong field: %j', async (wrong, fields) => {
    const answer = await submit({ ...ada, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((answer.body.errors as { field: string }[]).map(({ field }) => field)).toEqual(fields);
  });
});
