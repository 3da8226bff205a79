import { describe, expect, it } from 'vitest';
import { MemoryTaskStore } from '../../../functions/adapters/memory/memory-task-store.ts';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import { greet, invoke, read, submit } from '../../doubles/executor-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const DAY_SECONDS = 86_400;

/** Makes a world that keeps ended tasks for so many days; `ran` gets the attempts that its handler has run. */
function worldOf(retentionDays: number): { world: World; ran: number[] } {
  const ran: number[] = [];
  const world = createWorld([greet(async (_, { task }) => ran.push(task.attempt))]);
  Object.assign(world.ports, { store: new MemoryTaskStore({ retentionDays }), retentionDays });
  return { world, ran };
}
const deliver = async (world: World, seed: TaskSeed): Promise<string[]> => {
  await world.ports.queue.send(seed, 0);
  return invoke(world);
};

describe.each([1, 2, 13, 14, 30])('with a retention of %i days', (retentionDays) => {
  it('a message of an ended task runs nothing, however late it comes', async () => {
    const { world, ran } = worldOf(retentionDays);
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await invoke(world);
    for (let days = 0; days < 60; days++) {
      world.advance(DAY_SECONDS);
      expect(await deliver(world, seed)).toEqual([]);
    }
    expect(ran).toEqual([1]);
    expect(await read(world, seed)).toBeUndefined();
  });

  it('nor does one that is held while its type is paused', async () => {
    const { world, ran } = worldOf(retentionDays);
    const seed = await submit(world, taskSeed({ createdAt: world.now }));
    await invoke(world);
    await world.ports.settings.change('greet', { paused: true });
    for (const days of [1, 13, 40]) {
      world.advance(days * DAY_SECONDS);
      await deliver(world, seed);
    }
    expect(ran).toEqual([1]);
    for await (const page of world.ports.store.held('greet', Number.MAX_SAFE_INTEGER, 10)) expect(page).toEqual([]);
  });

  it('a task that has no row yet runs as long as its lane can keep it', async () => {
    const { world, ran } = worldOf(retentionDays);
    const seed = taskSeed({ createdAt: world.now });
    world.advance(13 * DAY_SECONDS);
    await deliver(world, seed);
    expect(ran).toEqual([1]);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });

  it('one that was submitted anew when the first had gone runs, and the first does not come back with it', async () => {
    const { world, ran } = worldOf(retentionDays);
    const first = await submit(world, taskSeed({ createdAt: world.now }));
    await invoke(world);
    world.advance((retentionDays + 1) * DAY_SECONDS);
    const second = await submit(world, { ...first, createdAt: world.now, fingerprint: 'fingerprint-b' });
    await invoke(world);
    expect(await read(world, second)).toMatchObject({ status: 'succeeded', createdAt: second.createdAt });
    await deliver(world, first);
    world.advance((retentionDays + 1) * DAY_SECONDS);
    await deliver(world, first);
    await deliver(world, second);
    expect(ran).toEqual([1, 1]);
  });
});
