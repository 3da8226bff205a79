import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const rows = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1);
const testsOf = (row: string): string[] =>
  [...(row.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

it('the threat model has a test for each path', () => {
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((row) => testsOf(row).length === 0)).toEqual([]);
});

it('the threat model names tests that there are', () => {
  const names = rows.flatMap(testsOf);
  const files = (name: string) => [`test/${name}.test.ts`, `test/${name}.ts`];
  expect(names.filter((name) => !files(name).some((file) => existsSync(join(ROOT, file))))).toEqual([]);
});
