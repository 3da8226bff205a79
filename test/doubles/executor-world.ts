import type { SingleTaskDefinition, TaskDefinition } from '../../functions/core/define-task.ts';
import { newTask, type Task, type TaskSeed } from '../../functions/core/task/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { greet as hello } from './task-definitions.ts';
import { taskSeed } from './task-seed.ts';
import type { World } from './world.ts';

export { hello };

/** Makes the task type `greet` with a handler of the test's own. */
export const greet = (run: SingleTaskDefinition<{ name: string }>['run']): TaskDefinition =>
  ({ ...hello, run }) as TaskDefinition;

/** Runs one invocation on whatever is visible. What is not kept is deleted, as the event source does. */
export async function invoke(world: World, remainingSeconds = 60): Promise<string[]> {
  const deliveries = world.queue.deliver();
  const kept = await handleBatch(deliveries, remainingSeconds, world.ports);
  for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
  return kept;
}

export async function submit(world: World, seed: TaskSeed = taskSeed()): Promise<TaskSeed> {
  await world.ports.queue.send(seed, 0);
  await world.ports.store.insert(newTask(seed));
  return seed;
}

export const read = (world: World, { tenantId, id }: TaskSeed): Promise<Task | undefined> =>
  world.ports.store.get(tenantId, id, world.now);

/** Returns the seconds until each message of the lane is visible. */
export const visibleIn = (world: World): number[] =>
  [...world.queue.messages.values()].map(({ visibleAt }) => (visibleAt - world.now) / 1000);

/** Returns the metrics recorded so far, in order. */
export const metrics = (world: World): string[] => world.recorded.map(({ metric }) => metric);
