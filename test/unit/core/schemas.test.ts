import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const functions = join(import.meta.dirname, '../../../functions');

/** A schema at the top of a module: `const taskSchema = z.object(...)`. */
const MADE_AT_LOAD = /^(?:export )?const \w+(?::[^=]+)? = z\b/m;

test('no schema is made where a module is loaded, which every cold start would wait for', () => {
  const files = globSync('**/*.ts', { cwd: functions });
  const sources = files.map((file) => [file, readFileSync(join(functions, file), 'utf8')] as const);
  expect(sources.filter(([, source]) => source.includes("from 'zod'")).length).toBeGreaterThan(10);
  expect(sources.filter(([, source]) => MADE_AT_LOAD.test(source)).map(([file]) => file)).toEqual([]);
});
