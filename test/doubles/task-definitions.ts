import * as z from 'zod';
import { defineTask, type SingleTaskDefinition } from '../../functions/core/define-task.ts';

/** Takes a name and up to 10 numbers, and nothing else. */
export const greet: SingleTaskDefinition = defineTask({
  type: 'greet',
  description: 'Greets someone',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: { maxAttempts: 3, baseDelaySeconds: 4, maxDelaySeconds: 60 },
  input: z.strictObject({ name: z.string(), numbers: z.array(z.int()).max(10).optional() }),
  run: async ({ name }) => ({ greeting: `Hello ${name}` }),
}) as SingleTaskDefinition;

/** Takes everything and gives it back. */
export const echo: SingleTaskDefinition = defineTask({
  type: 'echo',
  description: 'Gives back what it takes',
  resources: 'memory-intensive',
  priority: 'low',
  timeoutSeconds: 60,
  retry: { maxAttempts: 1, baseDelaySeconds: 1, maxDelaySeconds: 1 },
  input: z.json(),
  run: async (input) => input,
}) as SingleTaskDefinition;
