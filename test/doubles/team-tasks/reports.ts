import * as z from 'zod';
import { defineTask } from '../../../functions/core/define-task.ts';

const report = {
  description: 'Reads what its class was given',
  resources: 'reports',
  priority: 'normal',
  timeoutSeconds: 600,
  retry: { maxAttempts: 1, baseDelaySeconds: 0, maxDelaySeconds: 0 },
  input: z.strictObject({}),
} as const;

/** What a report tells of its surroundings. */
const surroundings = async (secret: (name: string) => Promise<string>) => ({
  table: process.env.TABLE ?? null,
  secret: await secret('STRIPE'),
  parameter: await secret('KEY'),
  credentials: process.env.AWS_SECRET_ACCESS_KEY === undefined ? 'none' : 'some',
});

export const monthlyReport = defineTask({
  ...report,
  type: 'report.monthly',
  run: async (_, { secret }) => surroundings(secret),
});

export const isolatedReport = defineTask({
  ...report,
  type: 'report.isolated',
  isolated: true,
  run: async (_, { secret }) => surroundings(secret),
});
