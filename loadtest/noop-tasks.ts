import type { TaskCatalog } from '../functions/core/define-task.ts';

/** Takes everything, and does nothing: what remains is the framework. */
const noop = {
  type: 'noop',
  description: '',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 15,
  retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 1 },
  input: {
    '~standard': {
      version: 1,
      vendor: 'millrace',
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => ({}), output: () => ({}) },
    },
  },
  run: async () => null,
} as const;

export const tasks: TaskCatalog = { noop: async () => noop };
