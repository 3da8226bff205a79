import * as z from 'zod';
import { type BatchTaskDefinition, defineTask, type TaskDefinition } from '../../functions/core/define-task.ts';
import type { TaskSeed } from '../../functions/core/task/task.ts';
import { read } from './executor-world.ts';
import { taskSeed } from './task-seed.ts';
import { createWorld, type World } from './world.ts';

type Input = { readonly number: number };
type Run = BatchTaskDefinition<Input>['run'];

/** Makes a type that runs in batches of 5; its input is a number. */
export const bulk = (run: Run, more: Partial<BatchTaskDefinition<Input>> = {}): TaskDefinition =>
  defineTask({
    type: 'bulk',
    description: 'Takes several numbers',
    resources: 'default',
    priority: 'normal',
    timeoutSeconds: 10,
    retry: { maxAttempts: 3, baseDelaySeconds: 4, maxDelaySeconds: 60 },
    batch: { maxSize: 5, windowSeconds: 1 },
    input: z.strictObject({ number: z.int() }),
    run,
    ...more,
  }) as TaskDefinition;

/** Doubles each number. */
export const doubled: Run = async (items) => items.map(({ input }) => input.number * 2);

export const bulkSeed = (number: number | string, more: Partial<TaskSeed> = {}): TaskSeed =>
  taskSeed({ type: 'bulk', executorKey: 'default/batch/0', input: { inline: { number } }, ...more });

/** Makes a world with these tasks sent together, and none of their rows written. */
export async function sent(definition: TaskDefinition, seeds: readonly TaskSeed[]): Promise<World> {
  const world = createWorld([definition]);
  await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
  return world;
}

/** Returns how each task stands: its output where it has succeeded, else its status with the code of its error. */
export const standings = (world: World, seeds: readonly TaskSeed[]): Promise<unknown[]> =>
  Promise.all(
    seeds.map(async (seed) => {
      const task = await read(world, seed);
      if (task?.status === 'succeeded') return world.ports.payloads.get(task.tenantId, task.output);
      return task !== undefined && 'error' in task ? `${task.status}: ${task.error?.code}` : task?.status;
    }),
  );
