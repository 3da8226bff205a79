import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { RESOURCE_CLASS_SPECS, RESOURCE_CLASSES } from '../../../functions/contract.ts';
import { defineTask, type TaskCatalog, type TaskDefinition } from '../../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../../functions/core/task/retry.ts';
import { checkedDefinitions } from '../../../lib/checked-definitions.ts';
import { ConfigError } from '../../../lib/config.ts';
import { tasks } from '../../../tasks/index.ts';
import { bulk, doubled } from '../../doubles/bulk-world.ts';

const greet = defineTask({
  type: 'greet',
  description: 'Greets',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: DEFAULT_RETRY,
  input: z.object({}),
  run: async () => 'hello',
});

const longestOf = (resources: (typeof RESOURCE_CLASSES)[number]) =>
  RESOURCE_CLASS_SPECS[resources].attemptTimeoutSeconds;

describe('checking the task definitions', () => {
  test('passes those that ship', async () => {
    expect((await checkedDefinitions(tasks)).map(({ type }) => type)).toEqual(Object.keys(tasks));
  });

  test('says which type cannot be loaded, and why', async () => {
    const failing = { greet: () => Promise.reject(new Error('no key')) };
    await expect(checkedDefinitions(failing)).rejects.toThrow(ConfigError);
    await expect(checkedDefinitions(failing)).rejects.toThrow(
      /^the task type greet cannot be loaded: .*Error: no key$/,
    );
  });

  test.each(RESOURCE_CLASSES)('passes the longest timeout of %s, and refuses one second more', async (resources) => {
    const lasting = (timeoutSeconds: number): TaskCatalog => ({
      greet: async () => ({ ...greet, resources, timeoutSeconds }),
    });
    const longest = longestOf(resources);
    await expect(checkedDefinitions(lasting(longest))).resolves.toHaveLength(1);
    await expect(checkedDefinitions(lasting(longest + 1))).rejects.toThrow(
      new ConfigError(
        `the task type greet asks for timeoutSeconds ${longest + 1}, ` +
          `but its class ${resources} gives an attempt at most ${longest} s`,
      ),
    );
  });

  const told = (changes: Partial<typeof greet>) =>
    checkedDefinitions({ greet: async () => ({ ...greet, ...changes }) }).then(
      () => undefined,
      (error: unknown) => (error instanceof ConfigError ? error.message : error),
    );

  test.each([0, -1, Number.NaN])('refuses a timeout of %d', async (timeoutSeconds) => {
    expect(await told({ timeoutSeconds })).toBe(
      `the task type greet asks for timeoutSeconds ${timeoutSeconds}, which must be more than 0`,
    );
  });

  test.each([0, -1, 1.5, 21, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d attempts', async (maxAttempts) => {
    expect(await told({ retry: { ...DEFAULT_RETRY, maxAttempts } })).toBe(
      `the task type greet asks for retry.maxAttempts ${maxAttempts}, which must be a whole number from 1 to 20`,
    );
  });

  test.each(['baseDelaySeconds', 'maxDelaySeconds'] as const)('refuses no delay for retry.%s', async (field) => {
    for (const delay of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await told({ retry: { ...DEFAULT_RETRY, [field]: delay } })).toBe(
        `the task type greet asks for retry.${field} ${delay}, which must be a number that is not negative`,
      );
    }
  });

  test.each([1, 20])('passes %d attempts without a delay', async (maxAttempts) => {
    expect(await told({ retry: { maxAttempts, baseDelaySeconds: 0, maxDelaySeconds: 0 } })).toBeUndefined();
  });

  test('refuses a schema that cannot be shown', async () => {
    const input: typeof greet.input = z.object({}).and(z.custom<Record<string, never>>());
    expect(await told({ input })).toMatch(
      /^the input schema of the task type greet cannot become JSON Schema: .+ cannot be represented in JSON Schema$/,
    );
  });

  test('refuses an output schema that cannot be shown, or is none', async () => {
    expect(await told({ output: z.int().transform(String) })).toMatch(
      /^the output schema of the task type greet cannot become JSON Schema: .+ cannot be represented in JSON Schema$/,
    );
    expect(await told({ output: 'text' as never })).toBe(
      'the task type greet has an output that is no schema, such as z.object({ ... })',
    );
    expect(await told({ output: z.int().transform(String).pipe(z.string()) })).toBeUndefined();
  });

  test.each([
    ['type', 'Greet Me!', '"Greet Me!", which must be words of lower-case letters'],
    ['resources', 'huge', '"huge", which must be one of default, io-intensive'],
    ['resources', 'toString', '"toString", which must be one of default, io-intensive'],
    ['priority', 'urgent', '"urgent", which must be one of high, normal, low'],
    ['input', undefined, 'undefined, which must be a schema'],
    ['run', 'hello', '"hello", which must be a function'],
  ])('refuses the %s %s', async (field, value, reason) => {
    const definition = { ...greet, [field]: value } as typeof greet;
    await expect(checkedDefinitions({ [definition.type]: async () => definition })).rejects.toThrow(
      `the task type ${definition.type} has the ${field} ${reason}`,
    );
  });

  const toldOfBatch = (changes: object) =>
    checkedDefinitions({ bulk: async () => ({ ...bulk(doubled), ...changes }) as TaskDefinition }).then(
      () => undefined,
      (error: unknown) => (error instanceof ConfigError ? error.message : error),
    );

  test.each([
    [0, 1],
    [1001, 1],
    [2.5, 1],
    [Number.NaN, 1],
  ])('refuses batches of %d', async (maxSize, windowSeconds) => {
    expect(await toldOfBatch({ batch: { maxSize, windowSeconds } })).toBe(
      `the task type bulk asks for batch.maxSize ${maxSize}, which must be a whole number from 1 to 1000`,
    );
  });

  test.each([
    [10, -1, 'a whole number from 0 to 300'],
    [10, 301, 'a whole number from 0 to 300'],
    [10, 0.5, 'a whole number from 0 to 300'],
    [11, 0, 'at least 1 for a maxSize over 10'],
  ])('refuses for batches of %d a window of %d s', async (maxSize, windowSeconds, expected) => {
    expect(await toldOfBatch({ batch: { maxSize, windowSeconds } })).toBe(
      `the task type bulk asks for batch.windowSeconds ${windowSeconds}, which must be ${expected}`,
    );
  });

  test.each([
    [1, 0],
    [10, 0],
    [1000, 300],
  ])('passes batches of %d with a window of %d s', async (maxSize, windowSeconds) => {
    expect(await toldOfBatch({ batch: { maxSize, windowSeconds } })).toBeUndefined();
  });

  test('refuses batches in threads, and of what fans out', async () => {
    expect(await toldOfBatch({ isolated: true })).toBe(
      'the task type bulk has batch, and is isolated, in a thread that runs one task at a time: leave one of them out',
    );
    expect(await toldOfBatch({ resources: 'cpu-intensive' })).toBe(
      'the task type bulk has batch, and is isolated, as types of cpu-intensive are unless they say isolated: false, ' +
        'in a thread that runs one task at a time: leave one of them out',
    );
    expect(await toldOfBatch({ resources: 'cpu-intensive', isolated: false })).toBeUndefined();
    expect(await toldOfBatch({ fanOut: { onFailure: 'fail', combine: async () => null } })).toBe(
      'the task type bulk has batch, and fanOut, which is for the outcome of one task: leave one of them out',
    );
  });

  test('refuses a name in the catalog that leads nowhere', async () => {
    await expect(checkedDefinitions({ greet: async () => undefined as never })).rejects.toThrow(
      new ConfigError('tasks/index.ts finds no definition for the task type greet'),
    );
  });

  test('refuses a type that is listed under another name', async () => {
    await expect(checkedDefinitions({ greet: async () => greet, welcome: async () => greet })).rejects.toThrow(
      new ConfigError('tasks/index.ts lists the task type greet as welcome'),
    );
  });
});
