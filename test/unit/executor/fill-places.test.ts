import { describe, expect, it } from 'vitest';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { greet, read, submit } from '../../doubles/executor-world.ts';
import { invoke, makeWorld, pass, playTimers, SECONDS, statuses } from '../../doubles/long-attempts.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

playTimers();

describe('an executor with free places', () => {
  it('takes tasks that come one by one, and ends with the last of them', async () => {
    const world = makeWorld();
    const seeds = [await submit(world)];
    const { state, done } = invoke(world);
    for (let count = 1; count < 10; count++) {
      await pass(world, 0.5);
      seeds.push(await submit(world));
    }
    await pass(world, 1.5);
    expect(await statuses(world, seeds)).toEqual(Array(10).fill('running'));
    await pass(world, SECONDS);
    await done;
    expect(await statuses(world, seeds)).toEqual(Array(10).fill('succeeded'));
    expect(state.kept).toEqual([]);
    expect(world.queue.messages.size).toBe(0);
  });

  it('asks for nothing before a second is over, where all of its places are taken, or on a batch lane', async () => {
    const short = makeWorld(async () => 'hello');
    await submit(short);
    await invoke(short).done;
    const full = makeWorld();
    for (let count = 0; count < 10; count++) await submit(full);
    const busy = invoke(full);
    const gathering = makeWorld();
    await submit(gathering, taskSeed({ executorKey: 'default/batch/0' }));
    const batch = invoke(gathering);
    for (const world of [full, gathering]) {
      await pass(world, SECONDS - 0.5);
      expect(world.received).toEqual([]);
      await pass(world, 2);
    }
    await Promise.all([busy.done, batch.done]);
    expect([short.received, gathering.received]).toEqual([[], []]);
  });

  it('never has more under way than it has places', async () => {
    let underWay = 0;
    let most = 0;
    const world = makeWorld(async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      underWay--;
      return 'hello';
    });
    const seeds = [await submit(world)];
    const { done } = invoke(world);
    for (let count = 0; count < 25; count++) seeds.push(await submit(world));
    await pass(world, 20);
    await done;
    expect(await statuses(world, seeds)).toEqual(Array(26).fill('succeeded'));
    expect(most).toBe(10);
  });

  it('takes nothing that would not end before the function does', async () => {
    const world = makeWorld();
    const first = await submit(world);
    // An attempt may take ten seconds, and five more to be settled.
    const { state, done } = invoke(world, 15.5);
    await pass(world, 0.6);
    const late = await submit(world);
    await pass(world, SECONDS + 1);
    await done;
    expect(state.kept).toEqual([]);
    expect(await statuses(world, [first, late])).toEqual(['succeeded', 'queued']);
    expect(world.queue.messages.size).toBe(1);
  });

  it('takes further tasks for as long as the longest attempt of its class may last, and ends in time', async () => {
    const { timeoutSeconds, functionTimeoutSeconds } = RESOURCE_CLASS_SPECS.default;
    const world = makeWorld(() => new Promise((resolve) => setTimeout(() => resolve('hello'), 30_000)));
    const long = () => submit(world, taskSeed({ timeoutSeconds }));
    const seeds = [await long()];
    const began = world.now;
    const { state, done } = invoke(world, functionTimeoutSeconds);
    for (const at of [25, timeoutSeconds + 2, timeoutSeconds + 12]) {
      await pass(world, at - (world.now - began) / 1000);
      seeds.push(await long());
    }
    await pass(world, functionTimeoutSeconds - (world.now - began) / 1000);
    await done;
    expect(state.kept).toEqual([]);
    expect(await statuses(world, seeds)).toEqual(['succeeded', 'succeeded', 'succeeded', 'queued']);
  });

  it('has the work of a lane counted by what came together, not by how long the invocation lasts', async () => {
    const world = makeWorld();
    const counted: number[][] = [];
    world.ports.loadReporter.record = (tasks, messages, milliseconds) =>
      counted.push([tasks.length, messages, Math.round(milliseconds / 1000)]);
    await submit(world);
    const { done } = invoke(world);
    await pass(world, 6);
    await submit(world);
    await submit(world);
    await pass(world, 2 * SECONDS);
    await done;
    expect(counted).toEqual([
      [1, 1, SECONDS],
      [2, 2, SECONDS],
    ]);
  });

  it('says where what it has received could not be handled, and goes on with the rest', async () => {
    const world = makeWorld();
    const first = await submit(world);
    const { state, done } = invoke(world);
    const other = await submit(world);
    let counted = 0;
    world.ports.loadReporter.record = () => {
      if (++counted === 2) throw new Error('not now');
    };
    await pass(world, SECONDS + 3);
    await done;
    expect(state.kept).toEqual([]);
    expect(await statuses(world, [first, other])).toEqual(['succeeded', 'succeeded']);
    expect(world.logged.map(({ event }) => event)).toContain('received messages not handled: they come again');
  });

  it('deletes what it has received once it is done, and hides what it works on, the first messages too', async () => {
    const world = makeWorld();
    await submit(world);
    const { done } = invoke(world);
    await pass(world, 5);
    await submit(world);
    await pass(world, 5.5);
    // The first task has ended, and its message is gone while the invocation goes on.
    expect(world.queue.messages.size).toBe(1);
    await pass(world, SECONDS);
    await done;
    expect(world.queue.messages.size).toBe(0);
    expect(world.queue.deadLetters).toEqual([]);
  });

  it('keeps a received message whose task goes on later, and names it to nobody', async () => {
    let runs = 0;
    const world = makeWorld(async () => {
      if (++runs > 1) throw new Error('not now');
      await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
      return 'hello';
    });
    await submit(world);
    const { state, done } = invoke(world);
    await pass(world, 1);
    world.ports.queue.send = () => Promise.reject(new Error('throttled'));
    const seed = taskSeed({ maxAttempts: 3 });
    world.queue.put(JSON.stringify({ v: 1, tasks: [seed] }));
    await pass(world, SECONDS + 1);
    await done;
    expect(state.kept).toEqual([]);
    expect([...world.queue.messages.values()].map(({ body }) => JSON.parse(body).tasks[0].id)).toEqual([seed.id]);
  });

  it('goes on with what it has where receiving or deleting fails, and says so', async () => {
    const world = makeWorld();
    await submit(world);
    world.queue.receive = () => Promise.reject(new Error('throttled'));
    const one = invoke(world);
    await pass(world, SECONDS + 1);
    await one.done;
    expect(world.logged.map(({ event }) => event)).toContain('places not filled: no message was received');

    const other = makeWorld();
    const seeds = [await submit(other)];
    const two = invoke(other);
    await pass(other, 1);
    seeds.push(await submit(other));
    other.ports.deliveries.discard = () => Promise.reject(new Error('throttled'));
    await pass(other, SECONDS + 3);
    await two.done;
    expect(other.logged.map(({ event }) => event)).toContain('messages not deleted: they come again');
    expect(await statuses(other, seeds)).toEqual(['succeeded', 'succeeded']);
    other.advance(30);
    const again = invoke(other);
    await pass(other, 2);
    await again.done;
    expect(other.queue.messages.size).toBe(0);
  });

  it('sets aside what it cannot read, and takes turns between tenants', async () => {
    const order: string[] = [];
    const world = createWorld([
      greet(async (_, { task }) => {
        order.push(task.tenantId);
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        return 'hello';
      }),
    ]);
    await submit(world);
    const { done } = invoke(world);
    await pass(world, 0.5);
    world.queue.put('nonsense');
    for (let count = 0; count < 3; count++) await submit(world, taskSeed({ tenantId: tenant('noisy') }));
    await submit(world, taskSeed({ tenantId: tenant('quiet') }));
    await pass(world, 8);
    await done;
    expect(order.slice(1)).toEqual(['noisy', 'quiet', 'noisy', 'noisy']);
    expect(world.queue.deadLetters).toEqual([{ body: 'nonsense', reason: expect.any(String) }]);
  });

  it('starts no task of a type that was paused meanwhile, and ends one that is cancelled', async () => {
    const world = makeWorld();
    await submit(world);
    const { done } = invoke(world);
    const cancelled = await submit(world);
    await pass(world, 2);
    await world.ports.store.cancel(cancelled.tenantId, cancelled.id, world.now);
    await world.ports.settings.change('greet', { paused: true });
    const held = await submit(world);
    await pass(world, SECONDS + 2);
    await done;
    expect(await statuses(world, [cancelled, held])).toEqual(['cancelled', 'queued']);
    expect(await read(world, held)).toMatchObject({ attempt: 0 });
  });
});
