import { type ClassConcurrency, ENV, RESOURCE_CLASSES, type ResourceClass } from '../contract.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';
import type { StepPrices } from '../metrics.ts';

/** Returns the value of an environment variable that contract.ts names. Throws, naming it, where the deployment did not set it. */
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

/** Reads how this deployment keeps its tasks. */
export const taskStoreOptions = () => ({
  tableNames: env('tasksTables').split(','),
  indexShards: envNumber('indexShards'),
  retentionDays: envNumber('retentionDays'),
});

/** Reads how many executors share the work of each class. */
export function executorShards(): Record<ResourceClass, number> {
  const given = JSON.parse(env('executorShards')) as Partial<Record<ResourceClass, number>>;
  return Object.fromEntries(RESOURCE_CLASSES.map((name) => [name, given[name] ?? 1])) as Record<ResourceClass, number>;
}

/** Reads the class whose tasks this executor runs. */
export function ownResourceClass(): ResourceClass {
  const own = RESOURCE_CLASSES.find((name) => name === env('resourceClass'));
  if (own === undefined) throw new Error(`the environment variable ${ENV.resourceClass} is no resource class`);
  return own;
}

/** Reads how the lanes of each class share its executors. */
export const concurrency = () => JSON.parse(env('concurrency')) as Record<ResourceClass, ClassConcurrency>;

/** Reads what the steps of a task cost. */
export const stepPrices = () => JSON.parse(env('stepPrices')) as StepPrices;

/** Reads what of its deployment the router has to know. */
export const routerSettings = () => ({
  queueNamePrefix: env('queueUrlPrefix').slice(env('queueUrlPrefix').lastIndexOf('/') + 1),
  tableShards: taskStoreOptions().tableNames.length,
  concurrency: concurrency(),
  tenantClaim: process.env[ENV.tenantClaim],
  tenantLimits: JSON.parse(process.env[ENV.tenantLimits] ?? '{}') as TenantLimits,
});
