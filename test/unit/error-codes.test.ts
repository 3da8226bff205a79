import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../functions/metrics.ts';

const root = join(import.meta.dirname, '../..');

/**
 * A task's error is given its code so: `failed('timeout', ...)`, `new TaskFailure('timeout', ...)`,
 * `taskError('timeout', ...)`.
 */
const GIVEN = /(?:\bfailed\(|\.fail\(|TaskFailure\(|\btaskError\()'([a-z_]+)'/g;

test('every code that Millrace itself gives to the error of a task is counted by itself, and no other is', () => {
  const sources = globSync('functions/**/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
  const given = sources.flatMap((source) => [...source.matchAll(GIVEN)].map(([, code = '']) => code));
  // A task to be cancelled is no task that failed.
  const codes = new Set(given.filter((code) => code !== 'cancelled'));
  expect([...codes].sort()).toEqual([...ERROR_CODES].sort());
});
