import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import { WEBHOOK_TYPE } from '../../../functions/resource-classes.ts';
import { dueTasks } from '../../doubles/due-tasks.ts';
import { greet, invoke, read, submit, visibleIn } from '../../doubles/executor-world.ts';
import { makeSum, part, sumOf } from '../../doubles/fan-out-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const hello = greet(async () => 'hello');
const run = (world: World, seconds = 45) =>
  sweep(world.now + seconds * 1000, { ...world.ports, due: world.ports.store });
const scheduled = async (world: World, inSeconds: number) => {
  const seed = taskSeed({ createdAt: world.now, runAt: world.now + inSeconds * 1000 });
  await world.ports.store.insert(newTask(seed), seed.runAt);
  return seed;
};

describe('the sweeper', () => {
  it('sends what is due before its next run, to the second, and leaves the rest', async () => {
    const world = createWorld([hello]);
    const [soon, later] = [await scheduled(world, 90), await scheduled(world, 121)];
    await run(world);
    expect(visibleIn(world)).toEqual([90]);
    world.advance(90);
    await invoke(world);
    expect(await read(world, soon)).toMatchObject({ status: 'succeeded', startedAt: soon.runAt });
    expect(await read(world, later)).toMatchObject({ status: 'scheduled' });
  });

  it('sends each once, however often it runs', async () => {
    const world = createWorld([hello]);
    await scheduled(world, 0);
    await run(world);
    await run(world);
    expect(world.queue.messages.size).toBe(1);
  });

  it('may run twice at once: a task that is sent twice runs once', async () => {
    let runs = 0;
    const world = createWorld([greet(async () => ++runs)]);
    await scheduled(world, 0);
    await Promise.all([run(world), run(world)]);
    for (let calls = 0; calls < 4; calls++) {
      await invoke(world);
      world.advance(60);
    }
    expect(runs).toBe(1);
  });

  it('tries again with what the queue refuses', async () => {
    const world = createWorld([hello]);
    await scheduled(world, 0);
    const { queue } = world.ports;
    const sendAll = queue.sendAll.bind(queue);
    queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    await run(world);
    expect(world.queue.messages.size).toBe(0);
    queue.sendAll = sendAll;
    world.advance(60);
    await run(world);
    expect(world.queue.messages.size).toBe(1);
  });

  it('gets through more than a page, several tasks in a message', async () => {
    const world = createWorld([hello]);
    for (let count = 0; count < 2_500; count++) await scheduled(world, 0);
    await run(world);
    expect(world.queue.messages.size).toBe(500);
    expect(await dueTasks(world.ports.store, world.now)).toEqual([]);
  });

  it('sends a task that runs, for when its lease is over: the message that was claimed with may be gone', async () => {
    const world = createWorld([hello]);
    const seed = await scheduled(world, 0);
    await world.ports.store.claim(seed, { token: 'held' as never, expiresAt: world.now + 25_000 }, world.now);
    await run(world);
    expect(visibleIn(world)).toEqual([25]);
    expect(await dueTasks(world.ports.store, world.now)).toEqual([]);
  });

  it('is kept from no other task by a thousand that the queue refuses, and tries these again', async () => {
    const world = createWorld([hello]);
    const stuck = new Set<string>();
    for (let count = 0; count < 1_500; count++) stuck.add((await scheduled(world, -1)).id);
    await scheduled(world, 0);
    const { queue } = world.ports;
    const sendAll = queue.sendAll.bind(queue);
    queue.sendAll = async (outgoing) => {
      await sendAll(outgoing.filter(({ task }) => !stuck.has(task.id)));
      return new Set(outgoing.map(({ task }) => task.id).filter((id) => stuck.has(id)));
    };
    await run(world);
    expect(world.queue.messages.size).toBe(1);
    expect(await dueTasks(world.ports.store, world.now + 179_000)).toEqual([]);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'due tasks not sent: the next run tries again' }),
    );
    queue.sendAll = sendAll;
    world.advance(60);
    await run(world);
    expect(world.queue.messages.size).toBe(1 + 300);
  });

  it('sends a task whose lane went with its shard to one that is there, and its row says so', async () => {
    const world = createWorld([hello]);
    const [gone, kept] = [taskSeed({ executorKey: 'default/high/3' }), taskSeed({ executorKey: 'default/low/0' })];
    for (const seed of [gone, kept]) await world.ports.store.insert(newTask(seed), world.now);
    await run(world);
    const sent = [...world.queue.messages.values()].map(({ body }) => body).join();
    expect(sent).toContain('default/high/0');
    expect(sent).toContain('default/low/0');
    expect(await read(world, gone)).toMatchObject({ executorKey: 'default/high/0' });
    await invoke(world);
    expect(await read(world, gone)).toMatchObject({ status: 'succeeded', executorKey: 'default/high/0' });
    expect(await read(world, kept)).toMatchObject({ status: 'succeeded', executorKey: 'default/low/0' });
  });

  it('sends a task whose class is gone to the one that its type has now, and one of a type that is gone to any', async () => {
    const world = createWorld([hello]);
    const moved = taskSeed({ executorKey: 'reports/high/2', resourceClass: 'reports', priority: 'high' });
    const orphan = taskSeed({ ...moved, id: taskSeed().id, type: 'gone' });
    const delivery = taskSeed({ ...moved, id: taskSeed().id, type: WEBHOOK_TYPE, priority: 'low' });
    for (const seed of [moved, orphan, delivery]) await world.ports.store.insert(newTask(seed), world.now);
    await run(world);
    await invoke(world);
    expect(await read(world, moved)).toMatchObject({ status: 'succeeded', executorKey: 'default/high/0' });
    expect(await read(world, orphan)).toMatchObject({ executorKey: 'default/high/0' });
    expect(await read(world, delivery)).toMatchObject({ executorKey: 'io-intensive/low/0' });
  });

  it('stops at its deadline', async () => {
    const world = createWorld([hello]);
    await scheduled(world, 0);
    await run(world, 0);
    expect(world.queue.messages.size).toBe(0);
  });
});

describe('a task type whose definition is broken', () => {
  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('no such module'))],
    ['throws', () => expect.fail('no such module')],
    ['has none', async () => undefined as never],
  ])('since its module %s, keeps no other from being sent or resumed', async (_, load) => {
    const { sum } = makeSum();
    const world = createWorld([hello, part, sum]);
    const parent = await submit(world, sumOf([1]));
    const { queue } = world.ports;
    const { sendAll } = queue;
    queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    await invoke(world);
    queue.sendAll = sendAll;
    world.advance(901);
    Object.assign(world.ports.catalog, { lost: load });
    const lost = taskSeed({ type: 'lost', createdAt: world.now, runAt: world.now });
    await world.ports.store.insert(newTask(lost), lost.runAt);
    const seed = await scheduled(world, 0);
    await run(world);
    for (let rounds = 0; rounds < 4; rounds++) {
      await invoke(world);
      world.advance(60);
    }
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(await read(world, parent)).toMatchObject({ status: 'succeeded' });
    expect(await read(world, lost)).toMatchObject({ status: 'failed' });
  });
});

describe('a fan-out that cannot be reconciled', () => {
  it('comes again with the next run, behind the others, and is left where the time is up', async () => {
    const { sum } = makeSum();
    const world = createWorld([sum, part]);
    await submit(world, sumOf([1]));
    const other = await submit(world, sumOf([2]));
    await invoke(world);
    world.advance(901);
    const { fanOuts } = world.ports;
    const get = fanOuts.get.bind(fanOuts);
    fanOuts.get = async (parent) => (parent.id === other.id ? get(parent) : Promise.reject(new Error('unreadable')));
    const due = async (seconds: number) => (await dueTasks(world.ports.store, world.now + seconds * 1000)).length;
    await run(world, 0);
    expect(await due(0)).toBe(2);
    await run(world);
    expect([await due(179), await due(180), await due(900)]).toEqual([0, 1, 2]);
  });
});

describe('a paused type', () => {
  it('has its tasks held unclaimed, and sent once it is resumed', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.settings.change('greet', { paused: true });
    await world.ports.queue.send(seed, 0);
    await invoke(world);
    expect(world.queue.messages.size).toBe(0);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
    await run(world);
    expect(world.queue.messages.size).toBe(0);
    await world.ports.settings.change('greet', { paused: null });
    await run(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('still ends a task whose executor has died', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.queue.send(seed, 0);
    await world.ports.store.claim(seed, { token: 'dead' as never, expiresAt: world.now + 1000 }, world.now);
    await world.ports.settings.change('greet', { paused: true });
    world.advance(60);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });
});

describe('a type that is gone from the deployment', () => {
  it('has its tasks ended that were held while it was paused', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.settings.change('greet', { paused: true });
    await world.ports.queue.send(seed, 0);
    await invoke(world);
    expect(world.queue.messages.size).toBe(0);
    Reflect.deleteProperty(world.ports.catalog, 'greet');
    for (let minutes = 0; minutes < 10; minutes++) {
      await run(world);
      await invoke(world);
      world.advance(60);
    }
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'unknown_task_type' } });
    expect(world.queue.messages.size).toBe(0);
  });
});
