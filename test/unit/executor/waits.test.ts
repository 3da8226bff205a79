import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import { patchAt, type TaskSettingsPatch } from '../../../functions/core/task-settings.ts';
import { bulk, doubled } from '../../doubles/bulk-world.ts';
import { greet, hello, invoke, submit } from '../../doubles/executor-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const told = (world: World, metric: string) =>
  world.recorded.filter((one) => one.metric === metric).map(({ value }) => value);
const change = (world: World, type: string, patch: TaskSettingsPatch) =>
  world.ports.settings.change(type, patchAt(patch, world.now));
const sweepNow = (world: World) => sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });

/** One type runs alone, the other in batches; each comes with a task of it. */
const kinds = [
  { type: 'greet', definition: hello, more: {} },
  {
    type: 'bulk',
    definition: bulk(doubled),
    more: { type: 'bulk', executorKey: 'default/batch/0', input: { inline: { number: 1 } } },
  },
];

describe.each(kinds)('the wait of a task of $type', ({ type, definition, more }) => {
  const begun = () => {
    const world = createWorld([definition]);
    return { world, seed: taskSeed({ ...more, createdAt: world.now }) };
  };

  it('is the time from its submit to its start', async () => {
    const { world, seed } = begun();
    await submit(world, seed);
    world.advance(7);
    await invoke(world);
    expect(told(world, 'wait')).toEqual([7000]);
  });

  it('leaves out what it was delayed for', async () => {
    const { world, seed } = begun();
    const later = { ...seed, runAt: world.now + 600_000 };
    await world.ports.store.insert(newTask(later));
    await world.ports.queue.send(later, 600);
    world.advance(603);
    await invoke(world);
    expect(told(world, 'wait')).toEqual([3000]);
  });

  it('leaves out the pause of its type, after which it was sent again', async () => {
    const { world, seed } = begun();
    await change(world, type, { paused: true });
    await submit(world, seed);
    await invoke(world);
    world.advance(3600);
    await change(world, type, { paused: null });
    world.advance(30);
    await sweepNow(world);
    world.advance(2);
    await invoke(world);
    expect(told(world, 'wait')).toEqual([32_000]);
  });

  it('is no less than nothing, where an executor learns of the end of a pause before its clock says so', async () => {
    const { world, seed } = begun();
    await submit(world, seed);
    await world.ports.settings.change(type, { resumedAt: world.now + 5 });
    await invoke(world);
    expect(told(world, 'wait')).toEqual([0]);
  });

  it('is not told of one that was cancelled before it began, and retried: no row says since when it waits', async () => {
    const { world, seed } = begun();
    await world.ports.store.insert(newTask(seed));
    await world.ports.store.cancel(seed.tenantId, seed.id, world.now);
    world.advance(86_400);
    await world.ports.store.retry(seed.tenantId, seed.id, world.now, world.now + 600_000);
    await world.ports.queue.send(seed, 0);
    await invoke(world);
    expect(told(world, 'succeeded')).toEqual([1]);
    expect(told(world, 'wait')).toEqual([]);
  });
});

it('an attempt is told by the timeout that its task was submitted with, whatever its type defines', async () => {
  const world = createWorld([]);
  const slow = greet(async () => {
    world.advance(9);
    return {};
  });
  Object.assign(world.ports.catalog, { greet: async () => slow });
  await submit(world, taskSeed({ timeoutSeconds: 10 }));
  await invoke(world);
  await submit(world, taskSeed({ timeoutSeconds: 30 }));
  await invoke(world);
  expect(told(world, 'execution')).toEqual([9000, 9000]);
  expect(told(world, 'timeoutUse')).toEqual([90, 30]);
});
