import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { NO_LOAD } from '../../../../functions/core/lane/lane.ts';
import { TenantGate } from '../../../../functions/router/submit/tenant-gate.ts';
import { bulk, doubled } from '../../../doubles/bulk-world.ts';
import { saturate } from '../../../doubles/saturated-lane.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const [NORMAL, EXPRESS] = ['default/normal/0', 'default/express/0'];

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo, bulk(doubled)]);
});

/** Has other tenants send so much to a lane of the class `default`. */
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
/** Counts how many went where. */
const lanesOf = (executorKeys: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(executorKeys, (key) => key)].map(([key, all]) => [key, all.length]));

describe('a task of a tenant with little to do', () => {
  it('goes to its own lane while nobody crowds it', async () => {
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    crowd('normal', 9);
    world.advance(5);
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
  });

  it('is not crowded out by a few messages of a lane of which nothing is known', async () => {
    const { snapshot } = world.lanes;
    await saturate(world, NORMAL, 0);
    await snapshot.write((await snapshot.read()).map((lane) => ({ ...lane, tasksPerMessage: 100 })));
    world.openTasks = 0;
    crowd('normal', 9);
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    const load = { ...NO_LOAD, tasks: 100, messages: 1, invocations: 1, busyMilliseconds: 2000 };
    await snapshot.write((await snapshot.read()).map((lane) => ({ ...lane, at: lane.at + 1, load })));
    world.advance(5);
    expect(await submit()).toEqual({ status: 202, executorKey: EXPRESS });
  });

  it('goes to the express lane where a whole batch of others waits in its own', async () => {
    crowd('normal');
    expect(await submit()).toEqual({ status: 202, executorKey: EXPRESS });
    expect(await submit({ priority: 'high' })).toEqual({ status: 202, executorKey: 'default/high/0' });
  });

  it('goes there as often as it comes, while the queue there is empty', async () => {
    crowd('normal');
    for (let count = 0; count < 30; count++) {
      expect(await submit()).toMatchObject({ executorKey: EXPRESS });
      world.advance(0.05);
    }
  });

  it('finds no more places there than its executors have, however many come at once', async () => {
    crowd('normal');
    expect(lanesOf(await submitAll(12))).toEqual({ [EXPRESS]: 10, [NORMAL]: 2 });
    world.advance(0.2);
    // A lane takes twenty a second, as long as it is not known how fast they are.
    expect(lanesOf(await submitAll(5))).toEqual({ [EXPRESS]: 4, [NORMAL]: 1 });
  });

  it('finds as many as they are known to get done', async () => {
    crowd('normal');
    // Ten tasks a second are done.
    await saturate(world, EXPRESS, 0.01);
    world.openTasks = 0;
    expect(lanesOf(await submitAll(12))).toEqual({ [EXPRESS]: 4, [NORMAL]: 8 });
    world.advance(0.2);
    expect(lanesOf(await submitAll(5))).toEqual({ [EXPRESS]: 2, [NORMAL]: 3 });
  });

  it('keeps its place when the queue is looked at meanwhile', async () => {
    crowd('normal');
    await submit();
    world.advance(5);
    const { read } = world.lanes.depths;
    const late = Promise.withResolvers<void>();
    world.lanes.depths.read = async (name) => {
      const depth = await read(name);
      if (name === 'default-express-0') await late.promise;
      return depth;
    };
    expect(lanesOf(await submitAll(10))).toEqual({ [EXPRESS]: 10 });
    late.resolve();
    await setImmediate();
    expect(await submit()).toMatchObject({ executorKey: NORMAL });
  });

  it('finds none where a task waits and each of its executors has its hands full', async () => {
    crowd('normal');
    Object.assign(world.lanes.lane('default-express-0'), { depth: 1, inFlight: 1 });
    expect(await submit()).toMatchObject({ executorKey: EXPRESS });
    world.lanes.lane('default-express-0').inFlight = 2;
    world.advance(5);
    expect(await submit()).toMatchObject({ executorKey: NORMAL });
  });

  it('is never refused by the express lane, however slow it is', async () => {
    crowd('normal');
    const { snapshot } = world.lanes;
    // Nine tasks wait.
    await saturate(world, EXPRESS, 0.015);
    await snapshot.write((await snapshot.read()).map((lane) => ({ ...lane, secondsPerInvocation: 600 })));
    world.openTasks = 0;
    expect(lanesOf(await submitAll(30))).toEqual({ [EXPRESS]: 1, [NORMAL]: 29 });
  });

  it('is not crowded by its own', async () => {
    await saturate(world, NORMAL, 0);
    world.openTasks = 0;
    expect(lanesOf([...(await submitAll(20)), ...(await submitAll(5))])).toEqual({ [NORMAL]: 25 });
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

  it('stays in its own where the queue cannot be looked at, or takes too long to answer', async () => {
    crowd('normal');
    world.lanes.depths.read = () => Promise.reject(new Error('throttled'));
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    world.advance(5);
    const late = Promise.withResolvers<{ depth: number; inFlight: number }>();
    let looks = 0;
    world.lanes.depths.read = () => {
      looks += 1;
      return late.promise;
    };
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    world.advance(4);
    expect(await submit()).toEqual({ status: 202, executorKey: NORMAL });
    expect(looks).toBe(1);
    late.resolve({ depth: 10, inFlight: 0 });
    await setImmediate();
    world.lanes.depths.read = async () => ({ depth: 0, inFlight: 0 });
    expect(await submit()).toEqual({ status: 202, executorKey: EXPRESS });
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

  it('is not known where the count cannot be read', async () => {
    Object.assign(world.ports, {
      tenants: new TenantGate({
        ...world.ports,
        buckets: world.buckets,
        usage: { openTasks: () => Promise.reject(new Error('throttled')) },
      }),
    });
    expect(await submit()).toMatchObject({ status: 202, executorKey: NORMAL });
  });

  it('is not a second bulk, within five seconds of the first', async () => {
    await submitAll(40);
    world.advance(2);
    expect(lanesOf(await submitAll(10))).toEqual({ [NORMAL]: 10 });
  });

  it('is not a bulk of more, from its first task on', async () => {
    expect(new Set(await submitAll(41))).toEqual(new Set([NORMAL]));
  });

  it('is a bulk of so many', async () => {
    expect(await submitAll(10)).toEqual(Array(10).fill(EXPRESS));
  });
});
