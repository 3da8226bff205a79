import { beforeEach, describe, expect, it } from 'vitest';
import { NO_LOAD } from '../../../../functions/core/lane/lane.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { saturate } from '../../../doubles/saturated-lane.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

let world: World;
beforeEach(() => {
  world = createWorld();
});
const lanes = async () => (await callApi(world, 'GET /api/lanes')).body.items as Record<string, unknown>[];
const lane = async (name: string) => (await lanes()).find((item) => item.name === name);

describe('GET /api/lanes', () => {
  it('has each lane of each class and shard, as deployed where the governor has not run', async () => {
    const deployed = { ...RESOURCE_CLASS_SPECS.default, shards: 2 };
    Object.assign(world.ports, { classes: { ...RESOURCE_CLASS_SPECS, default: deployed } });
    expect((await lanes()).map(({ name }) => name)).toHaveLength(25);
    expect(await lane('default-high-1')).toEqual({
      name: 'default-high-1',
      resourceClass: 'default',
      kind: 'high',
      depth: 0,
      inFlight: 0,
      deadLetters: 0,
      // `priority` is the old name of `kind`.
      priority: 'high',
      maxConcurrency: 4,
      estimatedWaitSeconds: null,
      worstWaitSeconds: null,
      admission: 'open',
    });
  });

  it('tells what waits now, and how long it takes', async () => {
    await saturate(world, 'default/normal/0', 0.1);
    Object.assign(world.lanes.lane('default-normal-0'), { depth: 300, inFlight: 20 });
    world.lanes.lane('default-dead-letters').depth = 7;
    expect(await lane('default-normal-0')).toMatchObject({ depth: 300, inFlight: 20, deadLetters: 7 });
    expect(await lane('default-normal-0')).toMatchObject({ estimatedWaitSeconds: 30, worstWaitSeconds: 30 });
    expect(await lane('io-intensive-normal-0')).toMatchObject({ deadLetters: 0 });
  });

  it('tells tasks, not messages, where a message holds several', async () => {
    const { snapshot } = world.lanes;
    await saturate(world, 'default/normal/0', 0.1);
    const load = { ...NO_LOAD, tasks: 450, messages: 100 };
    await snapshot.write((await snapshot.read()).map((one) => ({ ...one, load, tasksPerMessage: 4.5 })));
    Object.assign(world.lanes.lane('default-normal-0'), { depth: 201, inFlight: 20 });
    world.lanes.lane('default-dead-letters').depth = 7;
    expect(await lane('default-normal-0')).toMatchObject({ depth: 905, inFlight: 90, deadLetters: 7 });
    expect((await lane('default-normal-0'))?.estimatedWaitSeconds).toBeCloseTo(20.1);
  });

  it('takes a message for a task while nothing is known of the lane', async () => {
    Object.assign(world.lanes.lane('default-high-0'), { depth: 3, inFlight: 2 });
    expect(await lane('default-high-0')).toMatchObject({ depth: 3, inFlight: 2 });
  });

  it('tells which lanes are closed, unless the governor has stopped', async () => {
    await saturate(world, 'default/low/0');
    const [state] = await world.lanes.snapshot.read();
    await world.lanes.snapshot.write(state === undefined ? [] : [{ ...state, isAdmitting: false }]);
    expect(await lane('default-low-0')).toMatchObject({ admission: 'closed' });
    world.advance(181);
    expect(await lane('default-low-0')).toMatchObject({ admission: 'open' });
  });
});
