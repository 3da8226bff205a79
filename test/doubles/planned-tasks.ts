import * as z from 'zod';
import {
  type BatchItem,
  type BatchOutcome,
  defineTask,
  type SingleTaskDefinition,
  type SubtaskResult,
  type TaskContext,
  type TaskDefinition,
  TaskFailure,
} from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';

/** A task fails for good, or in its first attempts; then it ends, or fans out into parts with plans of their own. */
export type Plan = {
  readonly type: 'part' | 'share' | 'all-of' | 'some-of';
  /** So many attempts fail, each with another to follow where there may be one. */
  readonly fails: number | 'for good';
  readonly parts: readonly Plan[];
};

const retry = { maxAttempts: 3, baseDelaySeconds: 2, maxDelaySeconds: 20 };
const base = { description: '', resources: 'default', priority: 'normal', timeoutSeconds: 10, retry } as const;

type Task = TaskContext['task'];
export type Observer = {
  readonly ran: (task: Task) => void;
  readonly combined: (task: Task, results: readonly SubtaskResult[]) => void;
};

/**
 * Makes the types of planned tasks: `part` gives 1, and so does `share`, in batches; `all-of` and `some-of` give the
 * sum of what their parts gave, the latter of those that succeeded.
 */
export function plannedTasks({ ran, combined }: Observer): TaskDefinition[] {
  const run: SingleTaskDefinition['run'] = async (input, ctx) => {
    ran(ctx.task);
    const { type, fails, parts } = input as Plan;
    if (fails === 'for good') return ctx.fail('no_use', 'it never works');
    if (ctx.task.attempt <= fails) throw new Error('again');
    return type === 'part' ? 1 : ctx.fanOut(parts.map((plan) => ({ type: plan.type, input: plan as JsonValue })));
  };
  const combine = async (results: readonly SubtaskResult[], _: unknown, { task }: TaskContext): Promise<JsonValue> => {
    ran(task);
    combined(task, results);
    return sumOf(results.map((result) => (result.status === 'succeeded' ? result.output : 0)));
  };
  const runAll = async (items: readonly BatchItem[]): Promise<BatchOutcome[]> =>
    items.map(({ task, input }) => {
      ran(task);
      const { fails } = input as Plan;
      if (fails === 'for good') return new TaskFailure('no_use', 'it never works');
      return task.attempt <= fails ? new Error('again') : 1;
    });
  return [
    defineTask({ ...base, type: 'part', input: z.json(), run }),
    defineTask({ ...base, type: 'share', input: z.json(), batch: { maxSize: 3, windowSeconds: 1 }, run: runAll }),
    defineTask({ ...base, type: 'all-of', input: z.json(), run, fanOut: { onFailure: 'fail', combine } }),
    defineTask({ ...base, type: 'some-of', input: z.json(), run, fanOut: { onFailure: 'collect', combine } }),
  ] as TaskDefinition[];
}

export const sumOf = (numbers: readonly JsonValue[]): number =>
  numbers.reduce<number>((sum, number) => sum + Number(number), 0);
