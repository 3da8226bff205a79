import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { INVOCATION_MARGIN_SECONDS, RESOURCE_CLASS_SPECS, RESOURCE_CLASSES } from '../../functions/contract.ts';
import { defineTask, type TaskCatalog } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/retry.ts';
import { checkDefinitions } from '../../lib/check-definitions.ts';
import { ConfigError } from '../../lib/config.ts';
import { tasks } from '../../tasks/index.ts';

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
  RESOURCE_CLASS_SPECS[resources].functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS;

describe('checking the task definitions', () => {
  test('passes those that ship', async () => {
    await expect(checkDefinitions(tasks)).resolves.toBeUndefined();
  });

  test.each(RESOURCE_CLASSES)('passes the longest timeout of %s, and refuses one second more', async (resources) => {
    const lasting = (timeoutSeconds: number): TaskCatalog => ({
      greet: async () => ({ ...greet, resources, timeoutSeconds }),
    });
    const longest = longestOf(resources);
    await expect(checkDefinitions(lasting(longest))).resolves.toBeUndefined();
    await expect(checkDefinitions(lasting(longest + 1))).rejects.toThrow(
      new ConfigError(
        `the task type greet asks for timeoutSeconds ${longest + 1}, ` +
          `but its class ${resources} gives an attempt at most ${longest} s`,
      ),
    );
  });

  const told = (changes: Partial<typeof greet>) =>
    checkDefinitions({ greet: async () => ({ ...greet, ...changes }) }).then(
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

  test.each([
    ['type', 'Greet Me!', '"Greet Me!", which must be words of lower-case letters'],
    ['resources', 'huge', '"huge", which must be one of default, io-intensive'],
    ['resources', 'toString', '"toString", which must be one of default, io-intensive'],
    ['priority', 'urgent', '"urgent", which must be one of high, normal, low'],
    ['input', undefined, 'undefined, which must be a schema'],
    ['run', 'hello', '"hello", which must be a function'],
  ])('refuses the %s %s', async (field, value, reason) => {
    const definition = { ...greet, [field]: value } as typeof greet;
    await expect(checkDefinitions({ [definition.type]: async () => definition })).rejects.toThrow(
      `the task type ${definition.type} has the ${field} ${reason}`,
    );
  });

  test('refuses a name in the catalog that leads nowhere', async () => {
    await expect(checkDefinitions({ greet: async () => undefined as never })).rejects.toThrow(
      new ConfigError('tasks/index.ts finds no definition for the task type greet'),
    );
  });

  test('refuses a type that is listed under another name', async () => {
    await expect(checkDefinitions({ greet: async () => greet, welcome: async () => greet })).rejects.toThrow(
      new ConfigError('tasks/index.ts lists the task type greet as welcome'),
    );
  });
});
