import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const PROGRAM = new URL('../../doubles/guarded-router.ts', import.meta.url).pathname;
const NAMES = [
  'rejects unawaited',
  'rejects unawaited with what cannot be read',
  'throws in a timer',
  'throws in a microtask',
  'removes what hears errors, and rejects unawaited',
  'captures errors, and throws in a timer',
];

type Recorded = { readonly of: string; readonly metric: string; readonly value: number };
type Line = { readonly [field: string]: unknown; readonly name?: string; readonly recorded?: readonly Recorded[] };

describe('an error that the schema of a task type leaves behind', () => {
  const running = promisify(execFile)(process.execPath, [PROGRAM, ...NAMES]);
  const lines = running.then(({ stdout }): Line[] =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );

  it.each(NAMES)('where it %s is logged and counted, and costs no request its answer', async (name) => {
    const all = await lines;
    const [line, end] = all.slice(all.findIndex((one) => one.name === name) - 1);
    expect(line).toMatchObject({ level: 'error', event: 'error nobody caught' });
    if (!name.includes('cannot be read')) {
      expect(line).toMatchObject({ error_message: 'boom', stack: expect.stringContaining('guarded-router') });
    }
    expect(end).toMatchObject({ name, statuses: [202, 202, 202] });
    expect(end?.recorded?.filter(({ metric }) => metric === 'uncaught')).toEqual([
      { of: 'router', metric: 'uncaught', value: 1 },
    ]);
  });
});
