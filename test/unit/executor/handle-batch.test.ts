import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeMessage, encodeTask } from '../../../functions/core/task/message.ts';
import { newTask, type TaskSeed } from '../../../functions/core/task/task.ts';
import { handleBatch } from '../../../functions/executor/handle-batch.ts';
import { greet, hello, invoke, metrics, read, submit, visibleIn } from '../../doubles/executor-world.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a message', () => {
  it('of a finished task is deleted and nothing runs', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    await invoke(world);
    const finished = await read(world, seed);
    await world.ports.queue.send(seed, 0);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toEqual(finished);
  });

  it('delivered twice at once runs once; the other delivery waits for the lease', async () => {
    let runs = 0;
    const world = createWorld([greet(async () => ++runs)]);
    const seed = await submit(world);
    await world.ports.queue.send(seed, 0);
    const kept = await invoke(world);
    expect(runs).toBe(1);
    expect(kept).toHaveLength(1);
    expect(visibleIn(world)).toEqual([18]);
    world.advance(25);
    expect(await invoke(world)).toEqual([]);
    expect(runs).toBe(1);
  });

  it('of several tasks, of which not all can be sent again, waits as long as any of them must', async () => {
    const world = createWorld([hello]);
    const [later, sooner] = [taskSeed(), taskSeed()];
    await world.ports.queue.sendAll([later, sooner].map((task) => ({ task, delaySeconds: 0 })));
    expect(world.queue.messages.size).toBe(1);
    const lease = (seconds: number) => ({ token: 'other' as never, expiresAt: world.now + seconds * 1000 });
    await world.ports.store.claim(later, lease(40), world.now);
    await world.ports.store.claim(sooner, lease(10), world.now);
    world.ports.queue.sendAll = async () => new Set([sooner.id]);
    expect(await invoke(world)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([40]);
  });

  it('does not wait beyond the delay with which its other tasks were sent again', async () => {
    const world = createWorld([hello]);
    const [later, sooner] = [taskSeed({ runAt: world.now + 6 * 3600 * 1000 }), taskSeed()];
    await world.ports.queue.sendAll([later, sooner].map((task) => ({ task, delaySeconds: 0 })));
    await world.ports.store.claim(sooner, { token: 'other' as never, expiresAt: world.now + 10_000 }, world.now);
    world.ports.queue.sendAll = async () => new Set([sooner.id]);
    expect(await invoke(world)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([900]);
  });

  it('of another submit of the same id is deleted and changes nothing', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.store.insert(newTask(seed));
    await world.ports.queue.send({ ...seed, fingerprint: 'fingerprint-b' }, 0);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toEqual(newTask(seed));
  });

  it('comes back unclaimed at once where the time left is too short', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    expect(await invoke(world, 12)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([0]);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it.each([
    ['is not JSON', 'nonsense', 'the body is not JSON'],
    ['lacks its tasks', '{"v":1}', 'tasks: '],
    ['has a part that is wrong', encodeMessage([encodeTask(taskSeed())]).replace('"greet"', '7'), 'tasks.0.type: '],
  ])('that %s goes to the dead letters with its reason, and is deleted', async (_, body, reason) => {
    const world = createWorld([hello]);
    world.queue.put(body);
    const healthy = await submit(world);
    expect(await invoke(world)).toEqual([]);
    expect(world.queue.deadLetters).toEqual([{ body, reason: expect.stringContaining(reason) }]);
    expect(await read(world, healthy)).toMatchObject({ status: 'succeeded' });
  });

  it('of a later version is kept for an executor that can read it', async () => {
    const world = createWorld([hello]);
    world.queue.put('{"v":2,"tasks":[]}');
    expect(await invoke(world)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([60]);
  });

  it('asks for more time than any invocation has: it runs, and is cut off in time to be settled', async () => {
    const world = createWorld([greet(() => new Promise(() => {}))]);
    const seed = await submit(world, taskSeed({ timeoutSeconds: 600, maxAttempts: 1 }));
    const remaining = 55.03;
    const before = Date.now();
    world.ports.payloads.get = async () => {
      world.advance(50);
      return { name: 'Ada' };
    };
    expect(await invoke(world, remaining)).toEqual([]);
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  });

  it('that cannot be set aside is kept', async () => {
    const world = createWorld([hello]);
    world.queue.put('nonsense');
    world.ports.deliveries.quarantine = () => Promise.reject(new Error('throttled'));
    expect(await invoke(world)).toHaveLength(1);
  });
});

describe('an executor that is lost', () => {
  it('has its task run again once the lease ends, within the timeout and 30 s', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const [delivery] = world.queue.deliver();
    if (delivery === undefined) throw new Error('nothing was delivered');
    const settle = world.ports.store.settle;
    world.ports.store.settle = () => Promise.reject(new Error('killed'));
    expect(await handleBatch([delivery], 60, world.ports)).toEqual([delivery.messageId]);
    world.ports.store.settle = settle;
    expect(visibleIn(world)[0]).toBeLessThanOrEqual(seed.timeoutSeconds + 30);
    world.advance(seed.timeoutSeconds + 30);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('with many tasks in a message has each run again as soon, and keeps them from others until then', async () => {
    const hidden: number[] = [];
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const slow = greet(async () => {
      world.advance(0.5);
      await vi.advanceTimersByTimeAsync(500);
      hidden.push(...visibleIn(world));
      return 'hello';
    });
    const world = createWorld([slow]);
    const seeds = Array.from({ length: 60 }, () => taskSeed());
    await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
    // After a second, they would go back to their lane.
    world.ports.queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    await invoke(world);
    expect(hidden).toHaveLength(60 * 20);
    expect(Math.max(...hidden)).toBeLessThanOrEqual(25);
    expect(Math.min(...hidden)).toBeGreaterThanOrEqual(10);
    expect(world.queue.messages.size).toBe(0);
  });

  it('each time fails its task as executor_lost after the last attempt', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 2 }));
    for (const attempt of [1, 2]) {
      await world.ports.store.claim(seed, { token: `lost-${attempt}` as never, expiresAt: world.now }, world.now);
    }
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'executor_lost' } });
  });

  it('drops the outcome of an attempt that lost its lease, and keeps the message', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const slow = greet(async () => {
      world.advance(60);
      await world.ports.store.claim(seed, { token: 'thief' as never, expiresAt: world.now + 1000 }, world.now);
      return 'stale';
    });
    Object.assign(world.ports, { catalog: { greet: async () => slow } });
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'running', attempt: 2, leaseToken: 'thief' });
    expect(metrics(world)).toEqual(['accepted', 'wait']);
  });
});

it('tenants of one invocation take turns, whoever came first', async () => {
  const started: string[] = [];
  const world = createWorld([greet(async (_input, { task }) => started.push(task.tenantId))]);
  const seeds = (tenantId: string, count: number) =>
    Array.from({ length: count }, () => ({ task: taskSeed({ tenantId: tenant(tenantId) }), delaySeconds: 0 }));
  await world.ports.queue.sendAll(seeds('noisy', 60));
  await world.ports.queue.sendAll(seeds('quiet', 2));
  await invoke(world);
  expect(started).toHaveLength(62);
  expect(started.slice(0, 5)).toEqual(['noisy', 'quiet', 'noisy', 'quiet', 'noisy']);
});

describe('a message delivered again and again', () => {
  it('never becomes a dead letter, and its task ends', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const { claim } = world.ports.store;
    world.ports.store.claim = () => Promise.reject(new Error('throttled'));
    for (let outage = 0; outage < 20; outage++) {
      await invoke(world);
      world.advance(seed.timeoutSeconds + 30);
    }
    expect(world.queue.deadLetters).toEqual([]);
    expect(world.queue.messages.size).toBe(1);
    world.ports.store.claim = claim;
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('is kept where it cannot be replaced', async () => {
    const world = createWorld([hello]);
    await submit(world);
    world.ports.store.claim = () => Promise.reject(new Error('throttled'));
    world.ports.queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    for (let outage = 0; outage < 4; outage++) {
      expect(await invoke(world)).toHaveLength(1);
      world.advance(60);
    }
    expect(world.queue.messages.size).toBe(1);
  });
});

describe('a platform that fails', () => {
  it('while the input is read costs no attempt, and is counted', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    world.ports.payloads.get = () => Promise.reject(new Error('throttled'));
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
    expect(metrics(world)).toEqual(['accepted', 'platformFailed']);
  });

  it.each(['settle', 'put'] as const)('at %s for a while does not cost the outcome', async (verb) => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    const target = (verb === 'settle' ? world.ports.store : world.ports.payloads) as unknown as Record<string, never>;
    const original = (target[verb] as unknown as () => Promise<never>).bind(target);
    let failures = 4;
    Object.assign(target, {
      [verb]: (...args: []) => (failures-- > 0 ? Promise.reject(new Error('throttled')) : original(...args)),
    });
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it.each(['claim', 'settle'] as const)('at %s keeps the message and spares the others', async (verb) => {
    const world = createWorld([hello]);
    const unlucky = await submit(world);
    const lucky = await submit(world);
    const original = world.ports.store[verb].bind(world.ports.store) as (...args: never[]) => Promise<never>;
    Object.assign(world.ports.store, {
      [verb]: (task: TaskSeed, ...rest: never[]) =>
        task.id === unlucky.id ? Promise.reject(new Error('throttled')) : original(task as never, ...rest),
    });
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, lucky)).toMatchObject({ status: 'succeeded' });
    expect(world.logged).toContainEqual(expect.objectContaining({ level: 'error', event: 'platform failure' }));
  });

  it('at changing the visibility still runs the tasks', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    world.ports.deliveries.extend = () => Promise.reject(new Error('throttled'));
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });
});

it('begins no attempt before its message is hidden for as long as that takes: killed then, it would come again late', async () => {
  const begun: string[] = [];
  const world = createWorld([greet(async () => begun.push('attempt'))]);
  await submit(world);
  const held = Promise.withResolvers<void>();
  const hold = world.ports.deliveries.extend.bind(world.ports.deliveries);
  world.ports.deliveries.extend = async (messages) => {
    await held.promise;
    begun.push('hold');
    return hold(messages);
  };
  const invocation = invoke(world);
  await setTimeout(20);
  expect(begun).toEqual([]);
  held.resolve();
  await invocation;
  expect(begun).toEqual(['hold', 'attempt']);
});
