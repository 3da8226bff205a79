import { afterEach, beforeEach, vi } from 'vitest';
import type { TaskSeed } from '../../functions/core/task/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { greet, read } from './executor-world.ts';
import { createWorld, type World } from './world.ts';

/** Has the timers of each test of a file go as the test says. */
export function playTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export const statuses = async (world: World, seeds: readonly TaskSeed[]) =>
  Promise.all(seeds.map(async (seed) => (await read(world, seed))?.status));

/** A task may take ten. */
export const SECONDS = 8;

/** An executor whose tasks take eight seconds each, in a world whose clock goes with the timers. */
export function makeWorld(
  run = () => new Promise<string>((resolve) => setTimeout(() => resolve('hello'), SECONDS * 1000)),
) {
  const world = createWorld([greet(run)]);
  const received: number[] = [];
  const receive = world.queue.receive.bind(world.queue);
  world.queue.receive = async (name, options) => {
    const messages = await receive(name, options);
    received.push(messages.length);
    return messages;
  };
  return Object.assign(world, { received });
}

/** Has each receive take ten milliseconds, as that of SQS does. */
export function receiveSlowly({ queue }: World): void {
  const receive = queue.receive.bind(queue);
  queue.receive = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return receive(...args);
  };
}

export async function pass(world: World, seconds: number): Promise<void> {
  for (let tenths = 0; tenths < seconds * 10; tenths++) {
    world.advance(0.1);
    await vi.advanceTimersByTimeAsync(100);
  }
}

/** Delivers what waits to an invocation, as the event source does; what it is done with, the event source deletes. */
export function invoke(world: World, remainingSeconds = 60) {
  const deliveries = world.queue.deliver();
  const state: { kept?: string[] } = {};
  const done = handleBatch(deliveries, remainingSeconds, world.ports).then((kept) => {
    state.kept = kept;
    for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
  });
  return { state, done };
}
