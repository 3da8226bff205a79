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

  test('refuses a type that is listed under another name', async () => {
    await expect(checkDefinitions({ greet: async () => greet, welcome: async () => greet })).rejects.toThrow(
      new ConfigError('tasks/index.ts lists the task type greet as welcome'),
    );
  });
});
