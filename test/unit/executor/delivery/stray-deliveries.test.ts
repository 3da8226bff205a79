import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { RESOURCE_CLASS_SPECS, WEBHOOK_TYPE } from '../../../../functions/resource-classes.ts';
import { invoke, read, submit, visibleIn } from '../../../doubles/executor-world.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { deliveringWorld, live, webhook } from '../../../doubles/webhooks.ts';
import { createWorld, type World } from '../../../doubles/world.ts';

/** A delivery of the time when the deployment had no class but `default`. */
const stray = (overrides: Partial<TaskSeed> = {}): TaskSeed =>
  taskSeed({ type: WEBHOOK_TYPE, executorKey: 'default/low/0', priority: 'low', maxAttempts: 8, ...overrides });

/** Returns the executor keys of the tasks in messages. */
const keysIn = (world: World): string[] =>
  [...world.queue.messages.values()].flatMap(
    ({ body }) => body.match(/(default|io-intensive|reports)\/\w+\/\d/g) ?? [],
  );

describe('a delivery on a lane of a class that delivers no more', () => {
  it('goes to the class that does, and spends no attempt', async () => {
    // The executors of `default` do not know the type any more.
    const world = createWorld([greet]);
    const seed = await submit(world, stray());
    await invoke(world);
    expect(keysIn(world)).toEqual(['io-intensive/low/0']);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it('is sent there by the sweeper, when its next try is due', async () => {
    const world = deliveringWorld([greet], () => ({ status: 204 }));
    await webhook(world);
    const { id: subscriber } = (await world.ports.webhooks.get(stray().tenantId)).webhooks[0] ?? {};
    const event = { type: 'task.succeeded', version: 1, timestamp: '', data: { id: 'x' } };
    const seed = stray({ createdAt: world.now, input: { inline: { subscriber, event } as never } });
    await world.ports.store.insert(newTask(seed), world.now);
    await live(world, 120);
    expect(world.told).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', executorKey: 'io-intensive/low/0' });
  });

  it('stays where that lane is not there yet', async () => {
    const world = createWorld([greet]);
    const seed = await submit(world, stray());
    const { send } = world.ports.queue;
    world.ports.queue.send = () => Promise.reject(new Error('AWS.SimpleQueueService.NonExistentQueue'));
    expect(await invoke(world)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([60]);
    world.ports.queue.send = send;
    world.advance(60);
    await invoke(world);
    expect(keysIn(world)).toEqual(['io-intensive/low/0']);
    expect(await read(world, seed)).toMatchObject({ attempt: 0 });
  });

  it('goes to the one class that is left, too', async () => {
    const world = createWorld([greet]);
    const { default: left } = RESOURCE_CLASS_SPECS;
    Object.assign(world.ports, { classes: { reports: left, default: left } });
    await submit(world, stray({ executorKey: 'reports/low/0', resourceClass: 'reports' }));
    await invoke(world);
    expect(keysIn(world)).toEqual(['default/low/0']);
  });
});

it('a task of any other type stays on its lane', async () => {
  const world = createWorld([greet]);
  const seed = await submit(world, taskSeed({ executorKey: 'default/low/0', priority: 'low' }));
  await invoke(world);
  expect(await read(world, seed)).toMatchObject({ status: 'succeeded', executorKey: 'default/low/0' });
});
