import * as z from 'zod';
import { defineTask, type SingleTaskDefinition, type TaskDefinition } from '../../functions/core/define-task.ts';
import type { Task } from '../../functions/core/task/task.ts';
import { callApi } from '../unit/router/call-api.ts';
import { submit } from './executor-world.ts';
import { base, makeSum, runDry, subtasksOf, sumOf } from './fan-out-world.ts';
import { createWorld, type World } from './world.ts';

/** Fails while its number is among these, and counts what it was asked for. */
function makePart(broken: Set<number>) {
  const ran: number[] = [];
  const part = defineTask({
    ...base,
    type: 'part',
    input: z.strictObject({ number: z.int() }),
    run: async ({ number }, ctx) => {
      ran.push(number);
      return broken.has(number) ? ctx.fail('broken', `${number} does not work`) : number;
    },
  }) as TaskDefinition;
  return { part, ran };
}

/** Fans out into sums, and adds up what they give. */
const total = defineTask({
  ...base,
  type: 'total',
  input: z.strictObject({ sums: z.array(z.array(z.int())) }),
  run: async ({ sums }, ctx) => ctx.fanOut(sums.map((numbers) => ({ type: 'sum', input: { numbers } }))),
  fanOut: {
    onFailure: 'fail',
    combine: async (results) =>
      results.reduce((all, one) => all + (one.status === 'succeeded' ? Number(one.output) : 0), 0),
  },
}) as SingleTaskDefinition;

export function makeWorld(onFailure: 'fail' | 'collect', broken: number[]) {
  const stillBroken = new Set(broken);
  const { part, ran } = makePart(stillBroken);
  const { sum, combined } = makeSum(onFailure);
  const world = createWorld([part, sum, total]);
  return { world, ran, combined, broken: stillBroken };
}

export const retry = (world: World, { id }: { readonly id: string }, body?: unknown) =>
  callApi(world, `POST /api/tasks/${id}/retry`, body === undefined ? {} : { body });
export const outputOf = (task: Task | undefined) => (task?.status === 'succeeded' ? task.output : task?.status);
export const at = (tasks: readonly Task[], index: number): Task => {
  const found = tasks.find(({ parent }) => parent?.index === index);
  if (found === undefined) throw new Error(`there is no subtask ${index}`);
  return found;
};

export async function ended(onFailure: 'fail' | 'collect', numbers: number[], broken: number[]) {
  const made = makeWorld(onFailure, broken);
  const seed = await submit(made.world, sumOf(numbers, { maxAttempts: 3 }));
  await runDry(made.world);
  made.broken.clear();
  const subtasks = await subtasksOf(made.world, seed);
  return { ...made, seed, subtasks };
}
