import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { greet, invoke, read } from '../../../doubles/executor-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld } from '../../../doubles/world.ts';

/** Makes a world whose tasks take so long, and puts many tasks of one tenant in its lane, several to a message. */
async function bulk(count: number, milliseconds: number) {
  const ran: string[] = [];
  const world = createWorld([
    greet(async (_, { task }) => {
      ran.push(task.id);
      await setTimeout(milliseconds);
      world.advance(milliseconds / 1000);
      return 'hello';
    }),
  ]);
  const seeds = Array.from({ length: count }, () => taskSeed());
  await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
  return { world, seeds, ran };
}

const bodiesOf = ({ queue }: Awaited<ReturnType<typeof bulk>>['world']) =>
  [...queue.messages.values()].map(({ body }) => JSON.parse(body).tasks as TaskSeed[]);

it('sends what it has not begun after a second back to the lane, each task alone and once', async () => {
  const { world, seeds, ran } = await bulk(60, 400);
  await invoke(world);
  expect(ran.length).toBeGreaterThanOrEqual(10);
  expect(ran.length).toBeLessThanOrEqual(40);
  expect(bodiesOf(world).map((tasks) => tasks.length)).toEqual(Array(60 - ran.length).fill(1));
  await invoke(world);
  expect(ran.toSorted()).toEqual(seeds.map(({ id }) => id).toSorted());
  expect(world.queue.messages.size).toBe(0);
  for (const seed of seeds) expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

it('sends it back while the first still run', async () => {
  const { world } = await bulk(20, 1_500);
  const invocation = invoke(world);
  await setTimeout(1_200);
  expect(bodiesOf(world).filter((tasks) => tasks.length === 1)).toHaveLength(10);
  await invocation;
  expect(world.queue.messages.size).toBe(10);
});

it('keeps all where they begin in time', async () => {
  const { world, ran } = await bulk(60, 0);
  await invoke(world);
  expect(ran).toHaveLength(60);
  expect(world.queue.messages.size).toBe(0);
});

it('runs here what the lane does not take back', async () => {
  const { world, ran } = await bulk(60, 400);
  world.ports.queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
  await invoke(world);
  expect(ran).toHaveLength(60);
  expect(world.queue.messages.size).toBe(0);
  expect(world.logged).toContainEqual(expect.objectContaining({ event: 'tasks not sent back: they run here' }));
});

it('lets no message of one task go round', async () => {
  const { world, ran } = await bulk(1, 250);
  for (let count = 0; count < 39; count++) await world.ports.queue.send(taskSeed(), 0);
  await invoke(world);
  expect(ran).toHaveLength(40);
});

it('tells of a lane as much work as there was', async () => {
  const { world, ran } = await bulk(60, 400);
  const told: unknown[] = [];
  world.ports.loadReporter.record = (arrivals, messages, busy) => told.push([arrivals.length, messages, busy]);
  const before = world.now;
  await invoke(world);
  expect(told).toEqual([[60, 20, ((world.now - before) * 60) / ran.length]]);
});
