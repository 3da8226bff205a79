import { expect, it } from 'vitest';
import type { BatchTaskDefinition, SingleTaskDefinition, TaskDefinition } from '../../../functions/core/define-task.ts';
import { read, submit } from '../../doubles/executor-world.ts';
import { runDry } from '../../doubles/fan-out-world.ts';
import { ODD_OUTPUTS } from '../../doubles/odd-outputs.ts';
import { echo } from '../../doubles/task-definitions.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const part: SingleTaskDefinition = { ...echo, resources: 'default', priority: 'normal' };
const base = { ...part, type: 'give', isolated: false } as const;
const made = (name: unknown) => ODD_OUTPUTS[String(name)]?.() as never;
const seedOf = (name: string) => taskSeed({ type: 'give', maxAttempts: 2, input: { inline: name } });

/** Returns what became of tasks that each return one of the outputs. */
async function endsOf(definition: TaskDefinition, names: readonly string[]): Promise<unknown[]> {
  const world = createWorld([definition, part]);
  const seeds = names.map(seedOf);
  for (const seed of seeds) await submit(world, seed);
  await runDry(world);
  return Promise.all(
    seeds.map(async (seed) => {
      const task = await read(world, seed);
      return task?.status === 'succeeded' ? task.output : task !== undefined && 'error' in task ? task.error : task;
    }),
  );
}

const alone: SingleTaskDefinition = { ...base, run: async (name) => made(name) };
const combining: SingleTaskDefinition = {
  ...base,
  run: async (_, ctx) => ctx.fanOut([{ type: 'echo', input: 1 }]),
  fanOut: { onFailure: 'fail', combine: async (_, name) => made(name) },
};
const { isolated: _, ...unisolated } = base;
const inBatches: BatchTaskDefinition = {
  ...unisolated,
  fanOut: undefined,
  batch: { maxSize: 100, windowSeconds: 1 },
  run: async (items) => items.map(({ input }) => made(input)),
};

const names = Object.keys(ODD_OUTPUTS);

it.each(names.filter((name) => name !== 'nothing'))('%s is the same alone, combined and in a batch', async (name) => {
  const [end] = await endsOf(alone, [name]);
  expect(end).toSatisfy((value: object) => 'inline' in value || ('code' in value && value.code === 'invalid_output'));
  expect(await endsOf(combining, [name])).toEqual([end]);
  const all = names.filter((one) => one !== 'nothing');
  expect((await endsOf(inBatches, all))[all.indexOf(name)]).toEqual(end);
});

it('is the same of handlers that are not async, and so is what they throw', async () => {
  const oneByOne: readonly SingleTaskDefinition[] = [
    { ...alone, run: (name) => made(name) },
    { ...combining, run: (_, ctx) => ctx.fanOut([{ type: 'echo', input: 1 }]) },
    { ...combining, fanOut: { onFailure: 'fail', combine: (_, name) => made(name) } },
  ];
  const batch: BatchTaskDefinition = { ...inBatches, run: (items) => items.map(({ input }) => made(input)) };
  const some = names.filter((name) => name !== 'nothing').slice(0, 5);
  for (const definition of [...oneByOne, batch])
    expect(await endsOf(definition, some)).toEqual(await endsOf(alone, some));
  const boom = (): never => {
    throw new RangeError('out of range');
  };
  for (const definition of [
    { ...alone, run: boom },
    { ...batch, run: boom },
  ]) {
    const [end] = await endsOf({ ...definition, retry: { ...base.retry, maxAttempts: 1 } }, some.slice(0, 1));
    expect(end).toMatchObject({ code: 'handler_error', message: 'RangeError: out of range' });
  }
});

it('is null where nothing is returned', async () => {
  expect(await endsOf(alone, ['nothing'])).toEqual([{ inline: null }]);
  expect(await endsOf(combining, ['nothing'])).toEqual([{ inline: null }]);
});

it.each(names.filter((name) => name !== 'nothing'))(
  '%s is refused or carried as the input of a subtask, too',
  async (name) => {
    const [end] = (await endsOf(alone, [name])) as [{ code?: string; message?: string; inline?: unknown }];
    const fanning: SingleTaskDefinition = {
      ...base,
      run: async (given, ctx) => ctx.fanOut([{ type: 'echo', input: made(given) }]),
      fanOut: {
        onFailure: 'fail',
        combine: async ([result]) => (result?.status === 'succeeded' ? result.output : 'failed'),
      },
    };
    const [fanned] = (await endsOf(fanning, [name])) as [typeof end];
    if ('inline' in end) expect(fanned).toEqual(end);
    else
      expect(fanned).toMatchObject({
        code: 'invalid_subtasks',
        message: expect.stringMatching(/subtask 0: .*\/input/),
      });
  },
);
