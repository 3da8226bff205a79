import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { makeApp, npmWarnings } from '../../../cli/init.ts';
import { ArgumentError } from '../../../cli/npm-command.ts';
import manifest from '../../../package.json' with { type: 'json' };

const scratch = mkdtempSync(join(tmpdir(), 'millrace-init-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const made = (name: string): string => {
  makeApp(join(scratch, name));
  return join(scratch, name);
};
const folderOf = (name: string, files: Readonly<Record<string, string>>): string => {
  const folder = join(scratch, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
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

  test('has the flags that the CDK recommends, with which the stacks are tested', () => {
    const { context } = JSON.parse(textOf(made('flags'), 'cdk.json'));
    expect(context).toEqual(cdk.context);
    const file = 'node_modules/aws-cdk/lib/init-templates/.recommended-feature-flags.json';
    expect(Object.keys(context)).toEqual(expect.arrayContaining(Object.keys(JSON.parse(textOf(process.cwd(), file)))));
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

  test('leaves the versions of both kinds of dependencies, the name and the rest of a manifest as they are', () => {
    const there = {
      name: 'mine',
      version: '1.2.3',
      scripts: { test: 'echo "Error: no test specified" && exit 1' },
      devDependencies: { typescript: '6.0.0', millrace: '0.1.0', zod: '4.0.0' },
      allowScripts: { mine: true },
    };
    const folder = folderOf('with-manifest', { 'package.json': JSON.stringify(there) });
    expect(makeApp(folder)).toEqual(['package.json has the scripts and packages of the app now, beside its own.']);
    const { dependencies, ...made } = manifestOf(folder);
    expect(dependencies).toEqual({});
    expect(made).toMatchObject({
      name: 'mine',
      version: '1.2.3',
      scripts: { test: 'tsc && vitest run' },
      devDependencies: { ...there.devDependencies, vitest: manifest.devDependencies.vitest },
      allowScripts: { mine: true, esbuild: true },
    });
  });

  test('says nothing of a manifest that npm has made for Millrace alone', () => {
    const there = { dependencies: { millrace: 'file:../m.tgz' } };
    const folder = folderOf('installed', { 'package.json': JSON.stringify(there) });
    expect(makeApp(folder)).toEqual([]);
    expect(manifestOf(folder).dependencies).toEqual({ ...there.dependencies, zod: manifest.dependencies.zod });
  });

  test('makes it in a repository that was just made, whose files stay', () => {
    const files = {
      'README.md': '# mine\n',
      LICENSE: 'mine',
      '.gitignore': '/node_modules/\n*.log',
      '.git/HEAD': 'ref',
    };
    const folder = folderOf('cloned', files);
    expect(makeApp(folder)).toEqual(['README.md stays as it is.', '.gitignore has cdk.out/ and .millrace now, too.']);
    for (const file of ['README.md', 'LICENSE', '.git/HEAD'] as const) expect(textOf(folder, file)).toBe(files[file]);
    expect(textOf(folder, '.gitignore')).toBe('/node_modules/\n*.log\ncdk.out/\n.millrace\n');
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['bin', 'cdk.json', 'package.json', 'tasks', 'test']));
  });

  test.each(['README', 'readme.md', 'Readme.rst'])('takes a %s for a README', (name) => {
    const folder = folderOf(`with-${name}`, { [name]: 'mine', '.gitignore': 'node_modules\ncdk.out\n.millrace\n' });
    expect(makeApp(folder)).toEqual([`${name} stays as it is.`]);
    expect(readdirSync(folder).filter((file) => /readme/i.test(file))).toEqual([name]);
  });

  test.each<[string, Record<string, string>, string]>([
    ['a file', { 'cdk.json': '{}' }, 'There is a cdk.json in <folder>: name another folder, such as a new one.'],
    [
      'several',
      { 'bin/app.ts': '', 'test/greet.test.ts': '', 'tsconfig.json': '' },
      'There is a bin/app.ts in <folder>: name another folder, such as a new one. Also in the way: test/greet.test.ts, tsconfig.json.',
    ],
    [
      'a file where a folder goes',
      { tasks: '' },
      'There is a tasks in <folder>: name another folder, such as a new one.',
    ],
    [
      'a script of its own',
      { 'package.json': '{ "scripts": { "start": "mine", "build": "mine" } }' },
      'There is a script start of package.json in <folder>: name another folder, such as a new one.',
    ],
    [
      'a manifest that is none',
      { 'package.json': '{' },
      "The package.json in <folder> cannot be read: Expected property name or '}' in JSON at position 1 (line 1 column 2).",
    ],
  ])('writes over nothing, and says all that is in the way: %s', (name, files, told) => {
    const folder = folderOf(`clash-${name}`, files);
    const before = readdirSync(folder, { recursive: true });
    expect(() => makeApp(folder)).toThrow(new ArgumentError(told.replace('<folder>', folder)));
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    for (const [file, text] of Object.entries(files)) expect(textOf(folder, file)).toBe(text);
  });
});

describe('a project whose .js files are CommonJS', () => {
  const REASON = 'the app is of ES modules, and its package.json would make ES modules of them, too';
  test.each<[string, Record<string, string>, string]>([
    ['a server', { 'server.js': "const http = require('node:http');\n" }, 'server.js'],
    ['a configuration', { 'jest.config.js': 'module.exports = {};\n' }, 'jest.config.js'],
    ['a file of a folder', { 'src/a.js': 'exports.a = 1;\n' }, 'src/a.js'],
    [
      'many',
      Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.js`, 'module.exports = 1;\n'])),
      'a.js, b.js, c.js and 2 more',
    ],
  ])('is left as it is, with all its files: %s', (name, files, named) => {
    for (const type of [{}, { type: 'commonjs' }]) {
      const folder = folderOf(`commonjs-${name}-${type.type}`, { 'package.json': JSON.stringify(type), ...files });
      const before = readdirSync(folder, { recursive: true });
      const advice = `${REASON}. Name another folder, such as a new one, or call them .cjs.`;
      expect(() => makeApp(folder)).toThrow(new ArgumentError(`There is CommonJS in ${folder} (${named}): ${advice}`));
      expect(readdirSync(folder, { recursive: true })).toEqual(before);
      expect(manifestOf(folder)).toEqual(type);
    }
  });

  test.each<[string, Record<string, string>]>([
    [
      'they are of a package that is of ES modules already',
      { 'package.json': '{ "type": "module" }', 'a.js': 'require(1);\n' },
    ],
    ['they are called .cjs', { 'package.json': '{}', 'a.cjs': 'module.exports = 1;\n' }],
    [
      'they are ES modules',
      { 'package.json': '{}', 'a.js': "import { createRequire } from 'node:module';\ncreateRequire('/')('a');\n" },
    ],
    ['they are both', { 'package.json': '{}', 'a.js': 'console.log(1);\n' }],
    [
      'they are of other packages',
      { 'node_modules/a/index.js': 'module.exports = 1;\n', 'b/package.json': '{}', 'b/a.js': 'require(1);\n' },
    ],
  ])('is no such project where %s', (name, files) => {
    const folder = folderOf(`no-commonjs-${name}`, files);
    makeApp(folder);
    expect(manifestOf(folder).type).toBe('module');
  });
});

test('a file is no folder', () => {
  const file = join(folderOf('with-file', { 'my-tasks': 'mine' }), 'my-tasks');
  expect(() => makeApp(file)).toThrow(new ArgumentError(`${file} is a file: name a folder, such as a new one.`));
});

test.each([
  [
    '20.20.2',
    /^npm will say EBADENGINE of packages that ask for Node 22\.19, as this is 20\.20\.2\. That does no harm/,
  ],
  ['22.18.0', /EBADENGINE/],
  ['22.19.0', undefined],
  ['24.0.0', undefined],
])('what npm warns of with Node %s is told before', (version, told) => {
  const [warning] = npmWarnings(version);
  if (told === undefined) expect(warning).toBeUndefined();
  else expect(warning).toMatch(told);
});
