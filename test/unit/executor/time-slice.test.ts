import { expect, it } from 'vitest';
import type { TaskSeed } from '../../../functions/core/task.ts';
import { greet, invoke, read } from '../../doubles/executor-world.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

/** A world whose tasks take so long, and many tasks of one tenant in its lane, several to a message. */
async function bulk(count: number, seconds: number) {
  const ran: string[] = [];
  const world = createWorld([
    greet(async (_, { task }) => {
      ran.push(task.id);
      world.advance(seconds);
      return 'hello';
    }),
  ]);
  const seeds = Array.from({ length: count }, () => taskSeed());
  await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
  return { world, seeds, ran };
}

const bodiesOf = ({ queue }: Awaited<ReturnType<typeof bulk>>['world']) =>
  [...queue.messages.values()].map(({ body }) => JSON.parse(body).tasks as TaskSeed[]);

it('sends what it has not begun after a tenth of a second back to the lane, and each runs once', async () => {
  const { world, seeds, ran } = await bulk(60, 0.02);
  await invoke(world);
  expect(ran.length).toBeGreaterThanOrEqual(10);
  expect(ran.length).toBeLessThanOrEqual(20);
  expect(bodiesOf(world).flat()).toHaveLength(60 - ran.length);
  for (let invocations = 1; world.queue.messages.size > 0; invocations++) {
    expect(invocations).toBeLessThan(20);
    await invoke(world);
  }
  expect(ran.toSorted()).toEqual(seeds.map(({ id }) => id).toSorted());
  for (const seed of seeds) expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

it('keeps all where they end in time', async () => {
  const { world, ran } = await bulk(60, 0.001);
  await invoke(world);
  expect(ran).toHaveLength(60);
  expect(world.queue.messages.size).toBe(0);
});

it('runs here what the lane does not take back', async () => {
  const { world, ran } = await bulk(60, 0.5);
  world.ports.queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
  await invoke(world);
  expect(ran).toHaveLength(60);
  expect(world.queue.messages.size).toBe(0);
  expect(world.logged).toContainEqual(expect.objectContaining({ event: 'tasks not sent back: they run here' }));
});

it('lets no message of one task go round', async () => {
  const ran: string[] = [];
  const slow = greet(async (_, { task }) => {
    ran.push(task.id);
    world.advance(1);
    return 'hello';
  });
  const world = createWorld([slow]);
  for (let count = 0; count < 15; count++) await world.ports.queue.send(taskSeed({ tenantId: tenant('alone') }), 0);
  await invoke(world);
  expect(ran).toHaveLength(15);
});

it('tells of a lane as much work as there was', async () => {
  const { world, ran } = await bulk(60, 0.02);
  const told: unknown[] = [];
  world.ports.workload.record = (arrivals, messages, busy) => told.push([arrivals.length, messages, busy]);
  const before = world.now;
  await invoke(world);
  expect(told).toEqual([[60, 20, ((world.now - before) * 60) / ran.length]]);
});
