import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import type { TaskDefinition, TaskSchema } from '../../../functions/core/define-task.ts';
import { bulk, bulkSeed, doubled, standings } from '../../doubles/bulk-world.ts';
import { greet, hello, invoke, metrics, read, submit } from '../../doubles/executor-world.ts';
import { makeSum, part, sumOf } from '../../doubles/fan-out-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const WHY = "Cannot find package 'sharp' imported from /var/task/index.mjs";
const absent = () => Promise.reject(new Error(WHY));
const broken = { code: 'definition_broken', message: expect.stringContaining(WHY), retryable: true };

/** Makes a world in which the definition of a type is loaded so. */
function worldWith(type: string, load: () => Promise<TaskDefinition>, ...others: TaskDefinition[]): World {
  const world = createWorld(others);
  Object.assign(world.ports.catalog, { [type]: load });
  return world;
}

/** Makes a schema that does this with whatever it is given. */
const schemaThat = (validate: () => unknown): TaskSchema =>
  ({ '~standard': { ...hello.input['~standard'], validate } }) as never;

describe('a definition that cannot be loaded', () => {
  it.each([1, 3])('fails the attempt, and after %i of them the task', async (maxAttempts) => {
    const world = worldWith('greet', absent);
    const seed = await submit(world, taskSeed({ maxAttempts }));
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      await invoke(world);
      const status = attempt < maxAttempts ? 'queued' : 'failed';
      expect(await read(world, seed)).toMatchObject({ status, attempt, error: broken });
      world.advance(120);
    }
    expect(world.queue.messages.size).toBe(0);
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        event: 'definition not loaded',
        task_id: seed.id,
        reason: expect.stringContaining(WHY),
      }),
    );
    expect(metrics(world)).not.toContain('platformFailed');
  });

  it('waits as long as a deployment takes, and runs when it is mended', async () => {
    const world = worldWith('greet', absent);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ notBefore: world.now + 60_000 });
    Object.assign(world.ports.catalog, { greet: async () => hello });
    world.advance(61);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('costs its neighbours of other types nothing', async () => {
    const world = worldWith('broken', absent, hello, bulk(doubled));
    const seeds = [taskSeed({ type: 'broken' }), bulkSeed(1), taskSeed(), bulkSeed(2)];
    await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
    await invoke(world);
    expect(await standings(world, seeds)).toEqual(['queued: definition_broken', 2, { greeting: 'Hello Ada' }, 4]);
  });

  it('of a type that runs in batches is a failed attempt, and a batch of one where it loads a moment later', async () => {
    const world = worldWith('bulk', absent);
    const seed = bulkSeed(3, { maxAttempts: 2 });
    await submit(world, seed);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1, error: broken });
    let loads = 0;
    Object.assign(world.ports.catalog, { bulk: () => (++loads === 1 ? absent() : Promise.resolve(bulk(doubled))) });
    world.advance(120);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2, output: { inline: 6 } });
  });

  it('of a subtask fails the attempt that returns it', async () => {
    const { sum } = makeSum();
    const world = worldWith('part', absent, sum);
    const seed = await submit(world, sumOf([1], { maxAttempts: 2 }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1, error: broken });
  });

  it.each([
    ['cannot be loaded', absent, 'definition_broken'],
    ['is there no more', async () => undefined as never, 'unknown_task_type'],
  ])('of subtasks that were not made yet, and %s for an hour, fails their parent', async (_, load, code) => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    const seed = await submit(world, sumOf([1, 2]));
    const { queue } = world.ports;
    Object.assign(queue, {
      sendAll: async (all: { task: { id: string } }[]) => new Set(all.map(({ task }) => task.id)),
    });
    await invoke(world);
    delete (queue as { sendAll?: unknown }).sendAll;
    world.queue.messages.clear();
    Object.assign(world.ports.catalog, { part: load });
    const sweepAfter = async (seconds: number) => {
      world.advance(seconds);
      await sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
      return read(world, seed);
    };
    expect(await sweepAfter(1000)).toMatchObject({ status: 'waiting' });
    expect(await sweepAfter(3000)).toMatchObject({ status: 'failed', error: { code, retryable: false } });
  });
});

describe('a schema that fails', () => {
  const failures: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error(WHY);
      },
    ],
    ['rejects', absent],
  ];

  it.each(failures)('%s: the attempt fails, alone', async (_, validate) => {
    const world = createWorld([{ ...greet(async () => 'hello'), input: schemaThat(validate) } as TaskDefinition]);
    const seed = await submit(world, taskSeed({ maxAttempts: 2 }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1, error: broken });
  });

  it.each(failures)('%s: all tasks of its batch fail, each for itself', async (_, validate) => {
    const world = createWorld([{ ...bulk(doubled), input: schemaThat(validate) } as TaskDefinition]);
    const seeds = [bulkSeed(1), bulkSeed(2)];
    await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
    await invoke(world);
    expect(await standings(world, seeds)).toEqual(Array(2).fill('queued: definition_broken'));
  });

  it.each(failures)('%s: so does the attempt that fans out into its type', async (_, validate) => {
    const { sum } = makeSum();
    const world = createWorld([sum, { ...part, input: schemaThat(validate) } as TaskDefinition]);
    const seed = await submit(world, sumOf([1], { maxAttempts: 2 }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', error: broken });
  });
});

describe('what never answers', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const hangs = () => new Promise<never>(() => {});
  const late = { code: 'definition_broken', message: expect.stringContaining('no answer came within 10 s') };
  const invoked = async (world: World): Promise<string[]> => {
    const kept = invoke(world, 59);
    await vi.advanceTimersByTimeAsync(10_000);
    return kept;
  };

  it('a module that is imported: the attempt fails, its neighbours run, and nobody waits for it again', async () => {
    const world = worldWith('hung', hangs, hello);
    const seeds = [taskSeed({ type: 'hung' }), taskSeed()];
    for (const seed of seeds) await world.ports.queue.send(seed, 0);
    expect(await invoked(world)).toEqual([]);
    expect(await standings(world, seeds)).toEqual(['queued: definition_broken', { greeting: 'Hello Ada' }]);
    world.advance(120);
    await invoke(world);
    expect(await read(world, seeds[0] ?? taskSeed())).toMatchObject({ status: 'queued', attempt: 2 });
  });

  it('a module that comes to its end at last is used', async () => {
    const loaded = Promise.withResolvers<TaskDefinition>();
    const world = worldWith('greet', () => loaded.promise);
    const seed = await submit(world);
    await invoked(world);
    loaded.resolve(hello);
    world.advance(120);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('a schema: one that looks at an input fails its attempt, in a batch too', async () => {
    const world = createWorld([{ ...bulk(doubled), input: schemaThat(hangs) } as TaskDefinition]);
    const seed = await submit(world, bulkSeed(1));
    await invoked(world);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', error: late });
  });
});
