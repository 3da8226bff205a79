import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ArgumentError } from '../../../cli/npm-command.ts';
import { chosen, recordsIn } from '../../../planner/planned-app.ts';

const record = (name: string, path: string) => ({
  path,
  settings: { name, preset: 'dev' },
  tasks: 'tasks',
  nativePackages: [],
});
const [beta, prod] = [record('beta', 'Beta/Tasks'), record('prod', 'Prod/Tasks')];

test('the records of an assembly are found, in its stages too', async () => {
  const assembly = mkdtempSync(join(tmpdir(), 'millrace-records-'));
  onTestFinished(() => rmSync(assembly, { recursive: true }));
  for (const [directory, one] of [
    ['assembly-Prod', prod],
    ['asset.1', record('copy', 'Copy')],
    ['', beta],
  ] as const) {
    mkdirSync(join(assembly, directory), { recursive: true });
    writeFileSync(join(assembly, directory, 'Tasks.deployment.json'), JSON.stringify(one));
  }
  writeFileSync(join(assembly, 'manifest.json'), '{}');
  expect(await recordsIn(assembly)).toEqual(expect.arrayContaining([beta, prod]));
  expect(await recordsIn(assembly)).toHaveLength(2);
});

describe('the deployment that is planned', () => {
  test('is the only one, or the one that is named, by its name or its path', () => {
    expect(chosen([beta], undefined)).toBe(beta);
    expect(chosen([beta, prod], 'prod')).toBe(prod);
    expect(chosen([record('tasks', 'Eu/Tasks'), record('tasks', 'Us/Tasks')], 'Us/Tasks').path).toBe('Us/Tasks');
  });

  test.each([
    [[], undefined, 'The app makes no deployment: it has no `new Millrace(...)`.'],
    [
      [prod, beta],
      undefined,
      'The app makes several deployments: say which one by --name, of beta (Beta/Tasks), prod (Prod/Tasks).',
    ],
    [[beta], 'prod', '--name "prod" must be the name, or the path, of one deployment: beta (Beta/Tasks).'],
    [
      [record('tasks', 'Eu'), record('tasks', 'Us')],
      'tasks',
      '--name "tasks" must be the name, or the path, of one deployment: tasks (Eu), tasks (Us).',
    ],
  ])('is asked for in a sentence where it is not known', (records, name, told) => {
    expect(() => chosen(records, name)).toThrow(new ArgumentError(told));
  });
});
