import { beforeEach, describe, expect, it } from 'vitest';
import { bulk, doubled } from '../../doubles/bulk-world.ts';
import { saturate } from '../../doubles/saturated-lane.ts';
import { echo, greet } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';
import { callApi } from './call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const [NORMAL, EXPRESS] = ['default/normal/0', 'default/express/0'];

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo, bulk(doubled)]);
});

/** Others have sent so much to a lane of the class `default`. */
const crowd = (kind: string, depth = 10): void => {
  world.lanes.lane(`default-${kind}-0`).depth = depth;
};
const submit = async (more: object = {}) => {
  const { status, body } = await callApi(world, 'POST /api/tasks', { body: { ...ada, ...more } });
  return { status, executorKey: body.executorKey };
};
const submitAll = async (count: number): Promise<string[]> => {
  const { body } = await callApi(world, 'POST /api/tasks/batch', { body: { tasks: Array(count).fill(ada) } });
  return (body.results as { task: { executorKey: string } }[]).map(({ task }) => task.executorKey);
};

describe('a task of a tenant with little to do', () => {
  it('goes to its own lane while nobody crowds it', async () => {
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    crowd('normal', 9);
    world.advance(5);
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
  });

  it('goes to the express lane where a whole batch of others waits in its own', async () => {
    crowd('normal');
    expect(await submit()).toEqual({ status: 202, executorKey: EXPRESS });
    expect(await submit({ priority: 'high' })).toEqual({ status: 202, executorKey: 'default/high/0' });
  });

  it('goes there as often as it comes, while the queue there is empty', async () => {
    crowd('normal');
    for (let count = 0; count < 30; count++) expect(await submit()).toMatchObject({ executorKey: EXPRESS });
  });

  it('is no longer sent there, five seconds after the crowd has gone', async () => {
    crowd('normal');
    await submit();
    crowd('normal', 0);
    world.advance(5);
    expect(await submit()).toMatchObject({ executorKey: NORMAL });
  });

  it('is let in where the others have closed its lane', async () => {
    await saturate(world, NORMAL);
    expect((await submit()).status).toBe(429);
    world.openTasks = 0;
    world.advance(5);
    expect(await submit()).toEqual({ status: 202, executorKey: EXPRESS });
  });

  it('stays in its own where the express lane is crowded, too', async () => {
    crowd('normal');
    crowd('express');
    expect(await submit()).toMatchObject({ executorKey: NORMAL });
  });

  it('stays in its own where it is due later, or runs with others', async () => {
    crowd('normal');
    crowd('batch');
    expect(await submit({ delaySeconds: 1 })).toMatchObject({ executorKey: NORMAL });
    expect(await submit({ type: 'bulk', input: { number: 1 } })).toMatchObject({ executorKey: 'default/batch/0' });
  });

  it('stays in its own where the queue cannot be looked at', async () => {
    crowd('normal');
    world.lanes.depths.read = () => Promise.reject(new Error('throttled'));
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
  });
});

describe('little to do', () => {
  beforeEach(() => crowd('normal'));

  it('is what the express lane runs in two rounds, of its class', async () => {
    world.openTasks = 39;
    expect(await submit()).toMatchObject({ executorKey: EXPRESS });
    world.openTasks = 40;
    world.advance(5);
    expect(await submit()).toMatchObject({ executorKey: NORMAL });
    world.lanes.lane('memory-intensive-low-0').depth = 1;
    expect(await submit({ type: 'echo', input: 1 })).toMatchObject({ executorKey: 'memory-intensive/low/0' });
    world.openTasks = 3;
    world.advance(5);
    expect(await submit({ type: 'echo', input: 1 })).toMatchObject({ executorKey: 'memory-intensive/express/0' });
  });

  it('counts what has been submitted since the tenant was last looked at', async () => {
    world.openTasks = 36;
    const went: unknown[] = [];
    for (let count = 0; count < 5; count++) went.push((await submit()).executorKey);
    expect(went).toEqual([EXPRESS, EXPRESS, EXPRESS, EXPRESS, NORMAL]);
  });

  it('is not a bulk of more, from its first task on', async () => {
    expect(new Set(await submitAll(41))).toEqual(new Set([NORMAL]));
  });

  it('is a bulk of so many', async () => {
    expect(await submitAll(10)).toEqual(Array(10).fill(EXPRESS));
  });
});
