import * as z from 'zod';
import type { TaskCatalog, TaskDefinition } from '../../functions/core/define-task.ts';
import { work } from './work.ts';

const input = z.strictObject({ milliseconds: z.number().min(0), url: z.url().optional() });

const definition: TaskDefinition<z.infer<typeof input>> = {
  type: 'work',
  description: 'Waits, or asks a server',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 10,
  retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 10 },
  input,
  run: work,
};

/** Takes the place of the deployment's own task types. */
export const tasks = { work: async () => definition as TaskDefinition } satisfies TaskCatalog;
