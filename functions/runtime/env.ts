import { ENV } from '../contract.ts';

/** The value of an environment variable of the treaty. Throws, naming it, where the deployment did not set it. */
export function env(name: keyof typeof ENV): string {
  const value = process.env[ENV[name]];
  if (value === undefined) throw new Error(`the environment variable ${ENV[name]} is not set`);
  return value;
}

function envNumber(name: keyof typeof ENV): number {
  const value = env(name);
  if (!/^\d+$/.test(value)) throw new Error(`the environment variable ${ENV[name]} is no number`);
  return Number(value);
}

/** How this deployment keeps its tasks. */
export const taskStoreOptions = () => ({
  tableName: env('tasksTable'),
  indexShards: envNumber('indexShards'),
  retentionDays: envNumber('retentionDays'),
});
