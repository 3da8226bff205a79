import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeApp } from '../../../cli/init.ts';
import { ArgumentError } from '../../../cli/npm-command.ts';
import manifest from '../../../package.json' with { type: 'json' };

const scratch = mkdtempSync(join(tmpdir(), 'millrace-init-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const made = (name: string): string => {
  makeApp(join(scratch, name));
  return join(scratch, name);
};
const textOf = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8');
const manifestOf = (folder: string) => JSON.parse(textOf(folder, 'package.json'));

describe('making an app', () => {
  test('writes what it takes to run, test and deploy a task, ready for git', () => {
    const folder = made('paint-shop');
    expect(readdirSync(folder).toSorted()).toEqual([
      '.gitignore',
      'README.md',
      'bin',
      'cdk.json',
      'package.json',
      'tasks',
      'test',
      'tsconfig.json',
    ]);
    expect(textOf(folder, '.gitignore').split('\n')).toEqual(
      expect.arrayContaining(['node_modules', 'cdk.out/', '.millrace']),
    );
    expect(Object.keys(manifestOf(folder).scripts)).toEqual(expect.arrayContaining(['start', 'test', 'deploy']));
  });

  test.each([
    ['paint-shop-2', 'paint-shop-2'],
    ['Paint Shop', 'paint-shop'],
    ['2nd', 'nd'],
    ['ß', 'tasks'],
    [`${'a'.repeat(40)}`, 'a'.repeat(31)],
  ])('calls the deployment of the folder %s %s', (folder, name) => {
    const app = made(folder);
    expect(manifestOf(app).name).toBe(name);
    expect(textOf(app, 'bin/app.ts')).toContain(`name: '${name}'`);
    for (const file of ['README.md', 'package.json', 'bin/app.ts']) expect(textOf(app, file)).not.toContain('__');
  });

  test('takes this version of Millrace, and of all else the versions that it is tested with', () => {
    const { dependencies, devDependencies } = manifestOf(made('versions'));
    const { millrace, ...others } = dependencies;
    expect(millrace).toBe(manifest.version);
    const tested: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries({ ...others, ...devDependencies })) {
      expect([name, version]).toEqual([name, tested[name]]);
    }
  });

  test('adds itself to what npm has left in the folder, whose versions stay', () => {
    const folder = join(scratch, 'begun');
    mkdirSync(folder);
    const there = {
      name: 'begun',
      type: 'commonjs',
      scripts: { lint: 'mine' },
      dependencies: { millrace: 'file:../m.tgz' },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(there));
    makeApp(folder);
    expect(manifestOf(folder)).toMatchObject({
      type: 'module',
      scripts: { lint: 'mine', start: 'millrace dev' },
      dependencies: { millrace: 'file:../m.tgz', zod: manifest.dependencies.zod },
    });
  });

  test('writes over nothing', () => {
    const folder = join(scratch, 'taken');
    mkdirSync(folder);
    writeFileSync(join(folder, 'README.md'), 'mine');
    expect(() => makeApp(folder)).toThrow(ArgumentError);
    expect(readdirSync(folder)).toEqual(['README.md']);
  });
});
