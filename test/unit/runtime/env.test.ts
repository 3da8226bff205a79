import { afterEach, describe, expect, it, vi } from 'vitest';
import { ENV } from '../../../functions/contract.ts';
import { env, taskStoreOptions } from '../../../functions/runtime/env.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const set = { [ENV.tasksTable]: 'tasks', [ENV.indexShards]: '4', [ENV.retentionDays]: '14' };
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
    expect(taskStoreOptions()).toEqual({ tableName: 'tasks', indexShards: 4, retentionDays: 14 });
  });

  it.each([ENV.tasksTable, ENV.indexShards, ENV.retentionDays])('throw where %s is not set', (variable) => {
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
