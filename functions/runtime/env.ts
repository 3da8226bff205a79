import type { SecretPlaces } from '../adapters/parameters.ts';
import { ENV } from '../contract.ts';
import { parseTenantId, type TenantId } from '../core/task/ids.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';
import type { StepPrices } from '../metrics.ts';
import { type ClassSettings, type DeployedClasses, deployedClassOf } from '../resource-classes.ts';

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
  historyTable: process.env[ENV.historyTable],
});

/** Reads where the audit is kept, and for how long. */
export const auditStoreOptions = () => ({
  tableName: env('historyTable'),
  retentionDays: envNumber('auditRetentionDays'),
});

/** Reads the classes of this deployment. */
export function deployedClasses(): DeployedClasses {
  const classes = JSON.parse(env('classes')) as Record<string, ClassSettings>;
  return Object.fromEntries(Object.entries(classes).map(([name, settings]) => [name, deployedClassOf(settings)]));
}

/** What an SDK goes by. Those of Lambda's runtime are for this process. */
const OF_SDK = /^AWS_(?!LAMBDA_)/;

/** Reads what an executor has for its threads: of its environment what the deployment has given the class, and its credentials. */
export function threadOptions() {
  const names = (process.env[ENV.ownVariables] ?? '').split(',').filter((name) => name !== '');
  const environment = Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
  const credentials = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = '']) => (OF_SDK.test(name) ? [[name, value] as const] : [])),
  );
  return { outboundHosts: env('outboundHosts'), environment, credentials };
}

/** Reads where the secrets of an executor's class are. */
export const secretPlaces = () => JSON.parse(process.env[ENV.secrets] ?? '{}') as SecretPlaces;

/** Reads where the queues of an executor are. */
export const queues = () => ({
  queueUrlPrefix: env('queueUrlPrefix'),
  deadLetterQueueUrl: env('deadLetterQueueUrl'),
});

/** Reads whether task events carry outputs: the function that tells them knows of their bucket then. */
export const tellsOutputs = (): boolean => process.env[ENV.payloadBucket] !== undefined;

/** Reads what the steps of a task cost. */
export const stepPrices = () => JSON.parse(env('stepPrices')) as StepPrices;

/** Reads the name of the function that runs here: its segments have it. */
export const functionName = (): string => process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'router';

/** Reads which share of requests is traced; nothing where none is. */
export const tracedShare = (): number | undefined =>
  process.env[ENV.tracedShare] === undefined ? undefined : Number(process.env[ENV.tracedShare]);

/** Reads whose tasks the schedules of definitions make. */
export function scheduleTenant(): TenantId {
  const tenantId = parseTenantId(env('scheduleTenant'));
  if (tenantId === undefined) throw new Error(`the environment variable ${ENV.scheduleTenant} is no tenant's id`);
  return tenantId;
}

/** Reads what the names of the deployment's queues begin with. */
export const queueNamePrefix = (): string => env('queueUrlPrefix').slice(env('queueUrlPrefix').lastIndexOf('/') + 1);

/** Reads how many callers may wait for tasks at a time. */
export const waiters = (): number => envNumber('waiters');

/** Reads how many tasks a second a bulk action may be asked for, at most. */
export const bulkRatePerSecond = (): number => envNumber('bulkRatePerSecond');

/** Reads what of its deployment a door of the API has to know. */
export const routerSettings = () => ({
  queueNamePrefix: queueNamePrefix(),
  tableShards: taskStoreOptions().tableNames.length,
  tenantClaim: process.env[ENV.tenantClaim],
  tenantLimits: JSON.parse(process.env[ENV.tenantLimits] ?? '{}') as TenantLimits,
});
