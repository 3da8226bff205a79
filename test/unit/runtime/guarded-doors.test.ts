import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../../functions/contract.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

const JSON_VALUES = [ENV.classes, ENV.tenantLimits] as const;
const environment = {
  ...Object.fromEntries(Object.values(ENV).map((name) => [name, '1'])),
  ...Object.fromEntries(JSON_VALUES.map((name) => [name, '{}'])),
  AWS_REGION: 'us-east-1',
};

/** What a package does that a task type loads. */
const SCRIPT = (door: string) => `
  const { registerHooks } = await import('node:module');
  const tasks = '${ROOT}test/doubles/probe-tasks.ts';
  registerHooks({ resolve: (name, context, next) => next(name === 'millrace:tasks' ? tasks : name, context) });
  await import('${ROOT}functions/${door}/index.ts');
  process.removeAllListeners();
  process.on('unhandledRejection', () => process.exit(3));
  void Promise.reject(new Error('boom'));
  setTimeout(() => { throw new Error('boom'); });
  setTimeout(() => process.exit(0), 50);
`;

describe.concurrent('a door that loads task types', () => {
  it.each(['router', 'control', 'executor'])('outlives, as the %s, errors that nobody catches', async (door) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT(door)], {
      env: environment,
    });
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      Array(2).fill({ event: 'error nobody caught', error_message: 'boom' }),
    );
  });
});
