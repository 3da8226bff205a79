import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type {
  BatchTaskDefinition,
  SingleTaskDefinition,
  TaskDefinition,
  TaskSchema,
} from '../../../functions/core/define-task.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { read, submit } from '../../doubles/executor-world.ts';
import { runDry } from '../../doubles/fan-out-world.ts';
import { isolatedTasks } from '../../doubles/isolated-tasks.ts';
import { echo } from '../../doubles/task-definitions.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const { isolated: _, ...base } = { ...echo, type: 'invoice', resources: 'default' } as const;
const invoice = z.object({ total: z.int(), currency: z.string().default('EUR') });

type Run = (input: unknown) => unknown;
const asItIs: Run = (input) => input;

/** Each makes a type of a handler that returns what `run` makes of its input, in one of the ways of running. */
const WAYS: Record<string, (output: TaskSchema, run: Run) => TaskDefinition> = {
  alone: (output, run): SingleTaskDefinition => ({ ...base, output, run: async (input) => run(input) }),
  combined: (output, run): SingleTaskDefinition => ({
    ...base,
    output,
    run: async (_, ctx) => ctx.fanOut([{ type: 'echo', input: 1 }]),
    fanOut: { onFailure: 'fail', combine: async (_, input) => run(input) },
  }),
  'in a batch': (output, run): BatchTaskDefinition => ({
    ...base,
    fanOut: undefined,
    batch: { maxSize: 100, windowSeconds: 1 },
    output,
    run: async (items) => items.map(({ input }) => run(input)),
  }),
};

/** Runs a task for each input, and returns its output, or the code and message of its error. */
async function endsOf(definition: TaskDefinition, inputs: readonly unknown[], isolate?: HandlerThreads['isolate']) {
  const world = createWorld([definition, { ...echo, resources: 'default', priority: 'normal' }]);
  const ports = isolate === undefined ? world.ports : Object.assign(world.ports, { isolate });
  const seeds = inputs.map((input) =>
    taskSeed({ type: definition.type, maxAttempts: 2, input: { inline: input as never } }),
  );
  for (const seed of seeds) await submit(world, seed);
  await runDry(world);
  return Promise.all(
    seeds.map(async (seed) => {
      const task = await read(world, seed);
      if (task?.status === 'succeeded') return ports.payloads.get(task.tenantId, task.output);
      return task !== undefined && 'error' in task
        ? { attempts: task.attempt - (task.fanOut ? 1 : 0), ...task.error }
        : task?.status;
    }),
  );
}

const threads = new HandlerThreads(
  new URL('../../doubles/thread.ts', import.meta.url),
  { outboundHosts: '' },
  () => {},
  RESOURCE_CLASS_SPECS,
);

describe.each([...Object.keys(WAYS), 'in a thread'])('an output of a type with a schema, %s', (way) => {
  const ends = async (inputs: readonly unknown[]) =>
    way === 'in a thread'
      ? endsOf(await (isolatedTasks.invoice as () => Promise<TaskDefinition>)(), inputs, threads.isolate)
      : endsOf((WAYS[way] ?? (() => base))(invoice, asItIs) as TaskDefinition, inputs);

  it('is what the schema makes of it: defaults are filled in, and what it does not name is left out', async () => {
    expect(
      await ends([
        { total: 3, secret: 'x' },
        { total: 4, currency: 'CHF' },
      ]),
    ).toEqual([
      { total: 3, currency: 'EUR' },
      { total: 4, currency: 'CHF' },
    ]);
  });

  it('fails its own task for good where it does not fit, and says at which path', async () => {
    const message =
      'invoice returned what does not fit its output schema: total: must be a number, not a string; currency: must be a string, not a number';
    expect(await ends([{ total: 'three', currency: 3 }, { total: 1 }, null])).toEqual([
      { attempts: 1, code: 'invalid_output', message, retryable: false },
      { total: 1, currency: 'EUR' },
      {
        attempts: 1,
        code: 'invalid_output',
        message: 'invoice returned what does not fit its output schema: output: must be an object, not null',
        retryable: false,
      },
    ]);
  });
});

describe.each(Object.keys(WAYS))('an output schema, %s', (way) => {
  const ends = (output: TaskSchema, run: Run, inputs: readonly unknown[] = [1]) =>
    endsOf((WAYS[way] ?? (() => base))(output, run) as TaskDefinition, inputs);

  it('is held against what JSON carries, so a date is text by then', async () => {
    const dated = z.object({ at: z.iso.datetime() });
    expect(await ends(dated, () => ({ at: new Date(0), left: undefined }))).toEqual([
      { at: '1970-01-01T00:00:00.000Z' },
    ]);
  });

  it('may make something else, of which JSON carries what it can', async () => {
    const parsed = z.object({ at: z.iso.datetime().transform((text) => new Date(text)) });
    expect(await ends(parsed, () => ({ at: '1970-01-01T00:00:00Z' }))).toEqual([{ at: '1970-01-01T00:00:00.000Z' }]);
    const lost = z.int().transform((n) => new Map([[n, n]]));
    expect(await ends(lost, asItIs)).toMatchObject([
      { code: 'invalid_output', message: expect.stringMatching(/a Map/) },
    ]);
  });

  it('may take its time', async () => {
    const slow = z.int().refine(async (n) => (await sleep(5)) ?? n > 1, 'is too small');
    expect(await ends(slow, asItIs, [2, 1])).toMatchObject([2, { code: 'invalid_output' }]);
  });

  it('that fails itself is told of as a broken definition, and tried again', async () => {
    const broken = z.int().refine(() => {
      throw new Error('no such table');
    });
    const message = 'the definition of invoice has an output schema that fails: no such table';
    expect(await ends(broken, asItIs)).toEqual([{ attempts: 2, code: 'definition_broken', message, retryable: true }]);
  });

  it('sees nothing of what JSON cannot carry', async () => {
    const unseen = z.any().refine(() => {
      throw new Error('it is seen');
    });
    expect(await ends(unseen, () => ({ n: Number.NaN }))).toMatchObject([
      { code: 'invalid_output', message: expect.stringMatching(/NaN at \/n/) },
    ]);
  });
});
