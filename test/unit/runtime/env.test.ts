import { afterEach, describe, expect, it, vi } from 'vitest';
import { ENV } from '../../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS, USUAL_SETTINGS } from '../../../functions/resource-classes.ts';
import {
  deployedClasses,
  env,
  routerSettings,
  taskStoreOptions,
  threadOptions,
} from '../../../functions/runtime/env.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const set = { [ENV.tasksTables]: 'tasks,tasks-1', [ENV.indexShards]: '4', [ENV.retentionDays]: '14' };
const stub = (variables: Record<string, string | undefined>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe('env', () => {
  it.each(Object.entries(ENV))('throws where %s is not set, and names the variable', (name, variable) => {
    stub({ [variable]: undefined });
    expect(() => env(name as keyof typeof ENV)).toThrow(`the environment variable ${variable} is not set`);
  });

  it.each(['value', ''])('is what was set: %j', (value) => {
    stub({ [ENV.outboundHosts]: value });
    expect(env('outboundHosts')).toBe(value);
  });
});

describe('taskStoreOptions', () => {
  it('are read from their variables', () => {
    stub(set);
    expect(taskStoreOptions()).toEqual({ tableNames: ['tasks', 'tasks-1'], indexShards: 4, retentionDays: 14 });
  });

  it.each([ENV.tasksTables, ENV.indexShards, ENV.retentionDays])('throw where %s is not set', (variable) => {
    stub({ ...set, [variable]: undefined });
    expect(taskStoreOptions).toThrow(`${variable} is not set`);
  });

  it.each([
    [ENV.indexShards, 'four'],
    [ENV.indexShards, ''],
    [ENV.indexShards, 'Infinity'],
    [ENV.retentionDays, '14d'],
    [ENV.retentionDays, ' '],
  ])('throw where %s is %j', (variable, value) => {
    stub({ ...set, [variable]: value });
    expect(taskStoreOptions).toThrow(`the environment variable ${variable} is no number`);
  });
});

describe('deployedClasses', () => {
  it('are those that were set, with what follows from their settings', () => {
    const { default: standard } = RESOURCE_CLASS_SPECS;
    stub({ [ENV.classes]: JSON.stringify({ reports: { ...USUAL_SETTINGS, timeoutSeconds: 600, concurrency: 4 } }) });
    expect(deployedClasses()).toEqual({
      reports: {
        ...standard,
        timeoutSeconds: 600,
        concurrency: 4,
        functionTimeoutSeconds: 900,
        concurrencyPerInvocation: 4,
      },
    });
  });
});

describe('threadOptions', () => {
  it('have the variables of the class, and those that an SDK goes by apart', () => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    const credentials = {
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 't',
      AWS_REGION: 'eu-west-1',
    };
    stub({ ...credentials, AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001', NODE_OPTIONS: '' });
    stub({ [ENV.outboundHosts]: '*', [ENV.ownVariables]: 'TABLE,LIMIT', TABLE: 'orders', LIMIT: '3', OTHER: 'x' });
    expect(threadOptions()).toEqual({ outboundHosts: '*', environment: { TABLE: 'orders', LIMIT: '3' }, credentials });
  });
});

describe('routerSettings', () => {
  const router = { ...set, [ENV.queueUrlPrefix]: 'https://sqs.test/123/millrace-' };

  it('have no claim and no limits where callers have keys', () => {
    stub({ ...router, [ENV.tenantClaim]: undefined, [ENV.tenantLimits]: undefined });
    expect(routerSettings()).toEqual({
      queueNamePrefix: 'millrace-',
      tableShards: 2,
      tenantClaim: undefined,
      tenantLimits: {},
    });
  });

  it('have those of tokens', () => {
    stub({ ...router, [ENV.tenantClaim]: 'org', [ENV.tenantLimits]: '{"ratePerSecond":5}' });
    expect(routerSettings()).toMatchObject({ tenantClaim: 'org', tenantLimits: { ratePerSecond: 5 } });
  });
});
