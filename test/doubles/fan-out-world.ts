import * as z from 'zod';
import {
  defineTask,
  type SingleTaskDefinition,
  type SubtaskResult,
  type TaskDefinition,
} from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import { subtaskIdsOf, type Task, type TaskSeed } from '../../functions/core/task/task.ts';
import { invoke } from './executor-world.ts';
import { taskSeed } from './task-seed.ts';
import type { World } from './world.ts';

const retry = { maxAttempts: 1, baseDelaySeconds: 1, maxDelaySeconds: 1 };
export const base = { description: '', resources: 'default', priority: 'normal', timeoutSeconds: 10, retry } as const;

/** Gives its number back, or fails where there is none. */
export const part = defineTask({
  ...base,
  type: 'part',
  input: z.strictObject({ number: z.int().nullable() }),
  run: async ({ number }, ctx) => number ?? ctx.fail('no_number', 'there is no number'),
}) as TaskDefinition;

/** Fans out into a part for each number; keeps what `combine` is told. */
export function makeSum(onFailure: 'fail' | 'collect' = 'fail') {
  const combined: (readonly SubtaskResult[])[] = [];
  const sum = defineTask({
    ...base,
    type: 'sum',
    input: z.strictObject({ numbers: z.array(z.int().nullable()) }),
    run: async ({ numbers }, ctx) => ctx.fanOut(numbers.map((number) => ({ type: 'part', input: { number } }))),
    fanOut: {
      onFailure,
      async combine(results) {
        combined.push(results);
        return results.reduce((total, one) => total + (one.status === 'succeeded' ? Number(one.output) : 0), 0);
      },
    },
  }) as SingleTaskDefinition;
  return { sum, combined };
}

export const sumOf = (numbers: JsonValue, more: Partial<TaskSeed> = {}): TaskSeed =>
  taskSeed({ type: 'sum', input: { inline: { numbers } }, maxAttempts: 1, ...more });

/** Lets everything run until no message is left. */
export async function runDry(world: World): Promise<void> {
  for (let rounds = 0; world.queue.messages.size > 0 && rounds < 50; rounds++) {
    await invoke(world);
    world.advance(30);
  }
}

export const subtasksOf = async (world: World, { tenantId, id }: TaskSeed): Promise<Task[]> => {
  const parent = await world.ports.store.get(tenantId, id, world.now);
  return [...(await world.ports.store.getAll(tenantId, parent === undefined ? [] : subtaskIdsOf(parent), world.now))];
};
