import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = '{bin,lib,entries,testing,functions,tasks,cli,planner,console,local,test,loadtest}';

/** What a measurement installs beside its code is no file of ours. */
const exclude = ['**/node_modules'];
const glob = (pattern: string): string[] => globSync(pattern, { cwd: ROOT, exclude }).sort();
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const linesOf = (file: string): number => textOf(file).trimEnd().split('\n').length;

const sources = glob(`${ROOMS}/**/*.{ts,tsx,mjs,js,html,css,py,sh}`);
const deployed = glob('{lib,functions,tasks}/**/*.ts');

/** A synth and a bundle import the modules of a team, wherever they are. */
const IMPORTS_OF_TASKS = ['lib/discovery/inspect-modules.ts', 'lib/task-discovery.ts'];

describe('the house', () => {
  test('is found', () => {
    expect(sources).toContain('functions/core/task/task.ts');
    expect(deployed).toContain('functions/contract.ts');
  });

  test('has no file over 300 lines', () => {
    expect(sources.filter((file) => linesOf(file) > 300)).toEqual([]);
  });

  test('has no door whose index.ts reaches 40 lines: it wires, and what it wires lives beside it', () => {
    expect(glob('functions/*/index.ts').filter((file) => linesOf(file) >= 40)).toEqual([]);
  });

  test('has no file named for being a leftover', () => {
    const leftover = /\b(utils?|helpers?|common|misc|shared|managers?)\b|\/(types|interfaces)\./;
    expect(sources.filter((file) => leftover.test(file))).toEqual([]);
  });

  test('deploys nothing that knows of the local run', () => {
    const local = /ministack|localstack|isLocal|(?<!link-)local\b/i;
    expect(deployed.filter((file) => local.test(textOf(file)))).toEqual([]);
  });

  test('imports nothing in a way that the import rules do not see', () => {
    const unseen = /\brequire\(|\bimport\((?!['"])|\bimport\(['"][^'"]*['"]\)\.(?!then\b)/;
    expect(deployed.filter((file) => unseen.test(textOf(file)) && !IMPORTS_OF_TASKS.includes(file))).toEqual([]);
  });

  test('has the tests of a folder in a folder of its name', () => {
    const folders = new Set(glob('test/unit/*/**/*.test.ts').map((file) => dirname(file).slice('test/unit/'.length)));
    const isThere = (path: string): boolean => existsSync(join(ROOT, path));
    // The simulation runs all rooms together.
    const strays = [...folders].filter(
      (folder) => folder !== 'simulation' && ![`functions/${folder}`, folder, `test/${folder}`].some(isThere),
    );
    expect(folders).toContain('core/task');
    expect(strays).toEqual([]);
  });

  test('pins every dependency to one version', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
