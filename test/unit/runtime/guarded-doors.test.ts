import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../../functions/contract.ts';
import { METRICS } from '../../../functions/metrics.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

const JSON_VALUES = [ENV.classes, ENV.tenantLimits] as const;
const environment = {
  // Nobody listens there.
  AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  ...Object.fromEntries(Object.values(ENV).map((name) => [name, '1'])),
  ...Object.fromEntries(JSON_VALUES.map((name) => [name, '{}'])),
  AWS_REGION: 'us-east-1',
};

const DOOR = (door: string) => `
  const { registerHooks } = await import('node:module');
  const tasks = '${ROOT}test/doubles/probe-tasks.ts';
  registerHooks({ resolve: (name, context, next) => next(name === 'millrace:tasks' ? tasks : name, context) });
  const door = await import('${ROOT}functions/${door}/index.ts');
`;

/** What a package does that a task type loads. */
const SCRIPT = (door: string) => `${DOOR(door)}
  process.removeAllListeners();
  process.on('unhandledRejection', () => process.exit(3));
  void Promise.reject(new Error('boom'));
  setTimeout(() => { throw new Error('boom'); });
  setTimeout(() => process.exit(0), 50);
`;

describe.concurrent('a door that answers callers or loads task types', () => {
  it.each(['router', 'waiter', 'control', 'executor'])(
    'outlives, as the %s, errors that nobody catches',
    async (door) => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT(door)], {
        env: environment,
      });
      const lines = stdout.trim().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toMatchObject(
        Array(2).fill({ event: 'error nobody caught', error_message: 'boom' }),
      );
    },
  );
});

/** Something has been recorded when the work of the function fails. */
const FAILING = (door: string, name: string) => `${DOOR(door)}
  void Promise.reject(new Error('boom'));
  await new Promise(setImmediate);
  const ended = await door.${name}({}, { getRemainingTimeInMillis: () => 60_000 }).then(() => 'well', () => 'failed');
  console.log(JSON.stringify({ ended }));
`;

describe.concurrent('a function of the clock', () => {
  it.each(['sweeper', 'governor'])('tells what the %s has recorded where its work fails, too', async (name) => {
    const script = FAILING('control', name);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: environment,
    });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toEqual({ ended: 'failed' });
    expect(lines).toContainEqual(expect.objectContaining({ [METRICS.uncaught.name]: 1 }));
  });
});
