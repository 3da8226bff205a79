import { type ClassConcurrency, ENV, RESOURCE_CLASSES, type ResourceClass } from '../contract.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';

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
  tableNames: env('tasksTables').split(','),
  indexShards: envNumber('indexShards'),
  retentionDays: envNumber('retentionDays'),
});

/** How many executors share the work of each class. */
export function executorShards(): Record<ResourceClass, number> {
  const given = JSON.parse(env('executorShards')) as Partial<Record<ResourceClass, number>>;
  return Object.fromEntries(RESOURCE_CLASSES.map((name) => [name, given[name] ?? 1])) as Record<ResourceClass, number>;
}

/** The claim of a token that names the tenant, in a deployment whose callers have one. */
export const tenantClaim = (): string | undefined => process.env[ENV.tenantClaim];

/** What such a tenant may submit. */
export const tenantLimits = (): TenantLimits => JSON.parse(process.env[ENV.tenantLimits] ?? '{}') as TenantLimits;

/** The class whose tasks an executor runs. */
export function ownResourceClass(): ResourceClass {
  const own = RESOURCE_CLASSES.find((name) => name === env('resourceClass'));
  if (own === undefined) throw new Error(`the environment variable ${ENV.resourceClass} is no resource class`);
  return own;
}

/** How the lanes of each class share its executors. */
export const concurrency = () => JSON.parse(env('concurrency')) as Record<ResourceClass, ClassConcurrency>;
