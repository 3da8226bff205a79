import { describe, expect, it } from 'vitest';
import { TaskFailure } from '../../../functions/core/define-task.ts';
import { newTask } from '../../../functions/core/task/task.ts';
import { bulk, bulkSeed, doubled, sent, standings } from '../../doubles/bulk-world.ts';
import { hello, invoke, metrics, read, submit, visibleIn } from '../../doubles/executor-world.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, number) => bulkSeed(number));

/** Makes a handler; `calls` gets the numbers that each call was given. */
function counted() {
  const calls: number[][] = [];
  const definition = bulk(async (items, ctx) => {
    calls.push(items.map(({ input }) => input.number));
    return doubled(items, ctx);
  });
  return { calls, definition };
}

describe('a batch', () => {
  it('is one call, and each task has its own output, metrics and part of the trace', async () => {
    const { calls, definition } = counted();
    const tasks = seeds(3);
    const world = await sent(definition, tasks);
    expect(await invoke(world)).toEqual([]);
    expect(calls).toEqual([[0, 1, 2]]);
    expect(await standings(world, tasks)).toEqual([0, 2, 4]);
    expect(world.queue.messages.size).toBe(0);
    expect(world.recorded.filter(({ metric }) => metric === 'batchSize')).toEqual([
      { of: 'default/batch/0', metric: 'batchSize', value: 3 },
    ]);
    const each = tasks.flatMap(() => ['accepted', 'attempts', 'execution', 'succeeded', 'timeoutUse', 'wait']);
    expect(metrics(world).toSorted()).toEqual(['batchSize', ...each].toSorted());
    expect(world.annotated).toEqual(
      tasks.map(({ id }) => ({
        task_id: id,
        task_type: 'bulk',
        task_status: 'succeeded',
        attempt_status: 'completed',
      })),
    );
  });

  it('has no more tasks than the type takes, whatever messages they came in', async () => {
    const { calls, definition } = counted();
    const tasks = seeds(12);
    const world = await sent(definition, tasks.slice(0, 8));
    for (const task of tasks.slice(8)) await submit(world, task);
    await invoke(world);
    expect(calls.map((numbers) => numbers.length)).toEqual([5, 5, 2]);
    expect(calls.flat().toSorted((a, b) => a - b)).toEqual(tasks.map((_, number) => number));
    expect(await standings(world, tasks)).toEqual(tasks.map((_, number) => 2 * number));
  });

  it('is of one tenant', async () => {
    const { calls, definition } = counted();
    const tasks = [bulkSeed(1), bulkSeed(2, { tenantId: tenant('umbrella') }), bulkSeed(3)];
    const world = await sent(definition, tasks);
    await invoke(world);
    expect(calls.toSorted()).toEqual([[1, 3], [2]]);
  });

  it('leaves single tasks of its lane to run alone', async () => {
    const { calls, definition } = counted();
    const world = createWorld([definition, hello]);
    const [alone, ...tasks] = [taskSeed(), bulkSeed(1), bulkSeed(2)];
    for (const task of [alone, ...tasks]) await submit(world, task);
    await invoke(world);
    expect(calls).toEqual([[1, 2]]);
    expect(await standings(world, [alone, ...tasks])).toEqual([{ greeting: 'Hello Ada' }, 2, 4]);
  });

  it('shows its handler the tasks, and logs for all of them', async () => {
    const task = bulkSeed(7);
    const world = await sent(
      bulk(async (items, ctx) => {
        ctx.log('called', { tasks: 'other' });
        return ctx.map(items, async (item) => ({ ...item.task }));
      }),
      [task],
    );
    await invoke(world);
    expect(await standings(world, [task])).toEqual([
      { id: task.id, tenantId: 'acme', type: 'bulk', attempt: 1, maxAttempts: 3 },
    ]);
    const line = { event: 'called', task_type: 'bulk', tasks: 1, fields: { tasks: 'other' } };
    expect(world.logged).toContainEqual(expect.objectContaining(line));
  });
});

describe('in a batch', () => {
  it('each task ends with its own outcome', async () => {
    const tasks = [bulkSeed(0), bulkSeed('one'), bulkSeed(2), bulkSeed(3), bulkSeed(4)];
    const world = await sent(
      bulk(async (items) =>
        items.map(({ input: { number } }) => {
          if (number === 2) return new TaskFailure('odd_one', 'it is not wanted');
          if (number === 3) return new TaskFailure('busy', 'later', { retryable: true, retryAfterSeconds: 33 });
          return number === 4 ? new Error('it broke') : number;
        }),
      ),
      tasks,
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual([
      ...[0, 'failed: invalid_input', 'failed: odd_one', 'queued: busy', 'queued: handler_error'],
    ]);
    expect(visibleIn(world).toSorted((a, b) => a - b)).toEqual([2, 33]);
    expect(world.logged.filter(({ event }) => event === 'handler threw')).toMatchObject([{ task_id: tasks[4]?.id }]);
    world.advance(33);
    await invoke(world);
    expect(await read(world, tasks[3] ?? bulkSeed(0))).toMatchObject({ attempt: 2, executorKey: 'default/batch/0' });
  });

  it('a call that throws fails all, each to be tried again', async () => {
    const tasks = seeds(3);
    const world = await sent(
      bulk(() => Promise.reject(new Error('no connection'))),
      tasks,
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual(Array(3).fill('queued: handler_error'));
    expect(world.logged.filter(({ event }) => event === 'handler threw')).toMatchObject([
      { task_type: 'bulk', tasks: 3, stack: expect.stringContaining('no connection') },
    ]);
  });

  it('ctx.fail fails all as it says', async () => {
    const tasks = seeds(2);
    const world = await sent(
      bulk(async (_, ctx) => ctx.fail('closed', 'no more')),
      tasks,
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual(Array(2).fill('failed: closed'));
  });

  it.each<[string, unknown]>([
    ['too few outcomes', [1, 2]],
    ['too many outcomes', [1, 2, 3, 4]],
    ['no list', { 0: 1, 1: 2, 2: 3, length: 3 }],
    ['nothing', undefined],
  ])('%s are the failure of all: none can be told whose it is', async (_, returned) => {
    const tasks = seeds(3);
    const world = await sent(
      bulk(async () => returned as never),
      tasks,
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual(Array(3).fill('failed: invalid_output'));
  });

  it('an outcome that is missing, or no JSON, is the failure of its own task', async () => {
    const tasks = seeds(4);
    const world = await sent(
      bulk(async () => [1, undefined, 10n, null] as never),
      tasks,
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual([1, 'failed: invalid_output', 'failed: invalid_output', null]);
  });

  it('a task that came twice runs once; its other message waits for the lease', async () => {
    const { calls, definition } = counted();
    const task = bulkSeed(1);
    const world = createWorld([definition]);
    for (const one of [task, task, bulkSeed(2)]) await submit(world, one);
    expect(await invoke(world)).toHaveLength(1);
    expect(calls).toEqual([[1, 2]]);
    expect(visibleIn(world)).toEqual([18]);
    world.advance(25);
    expect(await invoke(world)).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  it('a task that cannot be claimed, or settled, now is kept, and the others end', async () => {
    const tasks = seeds(4);
    const world = await sent(bulk(doubled), tasks);
    const { claim, settle } = world.ports.store;
    world.ports.store.claim = (task, ...rest) =>
      task.id === tasks[0]?.id ? Promise.reject(new Error('throttled')) : claim.call(world.ports.store, task, ...rest);
    world.ports.store.settle = (task, ...rest) =>
      task.id === tasks[1]?.id ? Promise.reject(new Error('throttled')) : settle.call(world.ports.store, task, ...rest);
    await invoke(world);
    expect(await standings(world, tasks)).toEqual([undefined, 'running', 4, 6]);
    expect(metrics(world).filter((metric) => metric === 'platformFailed')).toHaveLength(2);
    Object.assign(world.ports.store, { claim, settle });
    world.advance(60);
    await invoke(world);
    expect(await standings(world, tasks)).toEqual([0, 2, 4, 6]);
    expect(await read(world, tasks[1] ?? bulkSeed(0))).toMatchObject({ attempt: 2 });
  });

  it('tasks that have ended, or were lost too often, are not for the handler', async () => {
    const { calls, definition } = counted();
    const [lost, ended, fine] = [bulkSeed(0, { maxAttempts: 1 }), bulkSeed(1), bulkSeed(2)];
    const world = await sent(definition, [lost, ended, fine]);
    const { store } = world.ports;
    await store.claim(lost, { token: 'lost' as never, expiresAt: world.now }, world.now);
    await store.insert(newTask(ended));
    await store.cancel(ended.tenantId, ended.id, world.now);
    await invoke(world);
    expect(calls).toEqual([[2]]);
    expect(await standings(world, [lost, ended, fine])).toEqual(['failed: executor_lost', 'cancelled', 4]);
  });

  it('that has no task to run, no handler is called', async () => {
    const { calls, definition } = counted();
    const tasks = [bulkSeed('a'), bulkSeed('b')];
    const world = await sent(definition, tasks);
    await invoke(world);
    expect(calls).toEqual([]);
    expect(await standings(world, tasks)).toEqual(Array(2).fill('failed: invalid_input'));
    expect(metrics(world)).not.toContain('batchSize');
  });
});

describe('when little time is left', () => {
  it('a batch comes back unclaimed as a whole', async () => {
    const tasks = seeds(3);
    const world = await sent(bulk(doubled), tasks);
    await invoke(world, 12);
    expect(await standings(world, tasks)).toEqual([undefined, undefined, undefined]);
    expect(world.logged.filter(({ event }) => event.includes('too little time'))).toMatchObject(
      tasks.map(({ id }) => ({ task_id: id, tasks: 3 })),
    );
    await invoke(world);
    expect(await standings(world, tasks)).toEqual([0, 2, 4]);
  });
});

describe('a type that runs in batches now', () => {
  it('fails a task that it had fanned out before', async () => {
    const seed = bulkSeed(1);
    const world = await sent(bulk(doubled), [seed]);
    const { store, fanOuts } = world.ports;
    const lease = { token: 'first' as never, expiresAt: world.now + 1000 };
    const claim = await store.claim(seed, lease, world.now);
    if (claim.result !== 'claimed') throw new Error(claim.result);
    const parent = { tenantId: seed.tenantId, id: seed.id, attempt: 1 };
    await fanOuts.open(parent, { subtasks: { inline: [] }, onFailure: 'fail', count: 0 }, world.now);
    await store.settle(claim.task, { status: 'waiting', fanOut: { attempt: 1, count: 0 }, reconcileAt: world.now });
    await fanOuts.resume(parent, world.now);
    await invoke(world);
    expect(await standings(world, [seed])).toEqual(['failed: no_combine']);
  });
});
