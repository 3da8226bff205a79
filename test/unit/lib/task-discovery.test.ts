import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { TaskCatalog } from '../../../functions/core/define-task.ts';
import { ConfigError } from '../../../lib/config-error.ts';
import { installNativePackages } from '../../../lib/constructs/native-packages.ts';
import { inspectModules } from '../../../lib/discovery/inspection.ts';
import { buildModules } from '../../../lib/discovery/module-build.ts';
import { type DiscoveredTasks, discoverTasks } from '../../../lib/task-discovery.ts';

const project = process.cwd();
mkdirSync(join(project, '.millrace'), { recursive: true });
const scratch = mkdtempSync(join(project, '.millrace/discovery-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let folders = 0;

/** Writes files into a folder of their own, and returns its path from the project on. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, String(folders++));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return relative(project, folder);
}

const found = (files: Readonly<Record<string, string>>): DiscoveredTasks => discoverTasks(folderOf(files));

/** Returns what is said of the files, with their folder left out. */
function told(files: Readonly<Record<string, string>>): string {
  const folder = folderOf(files);
  try {
    discoverTasks(folder);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '');
    throw error;
  }
  return 'nothing';
}

/** Writes a definition without its `type`, which each test gives. */
const REST = `description: 'Greets', resources: 'default', priority: 'normal', timeoutSeconds: 10,
  retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 10 },
  input: z.strictObject({ name: z.string() }), run: async ({ name }) => name`;
const ZOD = "import * as z from 'zod';\n";
const greet = (type: string, name = 'greet'): string => `export const ${name} = { type: '${type}', ${REST} };\n`;
const typesOf = ({ definitions }: DiscoveredTasks) => definitions.map(({ type }) => type);

describe('finding the definitions of a folder', () => {
  test('takes all that are exported, whatever their files are called and however deep they lie', async () => {
    const tasks = found({
      'greet.ts': ZOD + greet('greet') + greet('greet.twice', 'twice'),
      'mail/send/now.mts': ZOD + greet('mail.send'),
      'plain.js': ZOD + greet('plain'),
      'whole.ts': `${ZOD}export default { type: 'whole', ${REST} };`,
      'common.cjs': `const z = require('zod');\nexports.common = { type: 'common', ${REST} };`,
      'part.ts': 'export const limit = 3;',
    });
    expect(typesOf(tasks)).toEqual(['common', 'greet', 'greet.twice', 'mail.send', 'plain', 'whole']);
    expect(tasks.definitions[1]).toMatchObject({
      file: expect.stringMatching(/^\.millrace\/.*\/greet\.ts$/),
      exportName: 'greet',
      priority: 'normal',
      isolated: false,
      fansOut: false,
      inputSchema: { type: 'object', required: ['name'] },
    });
    const { tasks: catalog }: { tasks: TaskCatalog } = await import(tasks.catalogFile);
    for (const [type, load] of Object.entries(catalog)) expect((await load()).type).toBe(type);
  });

  test('tells of threads, fan-outs, batches and outputs', () => {
    const { definitions } = found({
      'a.ts': `${ZOD}export const a = { type: 'a', ${REST}, fanOut: { onFailure: 'fail', combine: async () => null }, output: z.string() };`,
      'b.ts': `${ZOD}export const b = { type: 'b', ${REST}, batch: { maxSize: 5, windowSeconds: 1 } };`,
      'c.ts': `${ZOD}export const c = { type: 'c', ${REST}, resources: 'cpu-intensive' };`,
      'd.ts': `${ZOD}export const d = { type: 'd', ${REST}, isolated: true, credentials: true };`,
    });
    expect(definitions).toMatchObject([
      { fansOut: true, isolated: false, outputSchema: { type: 'string' } },
      { fansOut: false, batch: { maxSize: 5, windowSeconds: 1 } },
      { isolated: true },
      { isolated: true, credentials: true },
    ]);
  });

  test('passes over tests, declarations, hidden folders and packages, whatever they do', () => {
    const bomb = `throw new Error('imported');\n${greet('bomb')}`;
    const passedOver = ['greet.test.ts', 'greet.spec.ts', '__tests__/a.ts', '.hidden/a.ts', 'node_modules/a/index.ts'];
    const files = Object.fromEntries(passedOver.map((path) => [path, bomb]));
    const tasks = found({ ...files, 'types.d.ts': 'export const x: number;', 'greet.ts': ZOD + greet('greet') });
    expect(typesOf(tasks)).toEqual(['greet']);
  });

  test('imports nothing of a package that a handler imports', () => {
    const text = `${ZOD}export const a = { type: 'a', ${REST}, run: async () => (await import('part')).default };`;
    const part = {
      'package.json': '{ "name": "part" }',
      'index.js': "export default 1;\nthrow new Error('imported');",
    };
    const files = Object.fromEntries(Object.entries(part).map(([path, it]) => [`node_modules/part/${path}`, it]));
    expect(typesOf(found({ ...files, 'a.ts': text }))).toEqual(['a']);
  });

  test('does not run a file that exports nothing', () => {
    expect(typesOf(found({ 'script.ts': "throw new Error('run');", 'greet.ts': ZOD + greet('greet') }))).toEqual([
      'greet',
    ]);
  });

  test('takes a definition once that several files export, from the file that defines it', () => {
    const { definitions } = found({
      'a-index.ts': "export { greet, greet as hello } from './greet.ts';\nexport * from './other.ts';",
      'greet.ts': ZOD + greet('greet'),
      'other.ts': "export { greet as other } from './greet';",
    });
    expect(definitions.map(({ file, exportName }) => [file.split('/').at(-1), exportName])).toEqual([
      ['greet.ts', 'greet'],
    ]);
  });

  test('compiles what Node does not: enum, parameter properties, namespaces, paths of a tsconfig, CommonJS, JSX', () => {
    const tasks = found({
      'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] }, "experimentalDecorators": true } }',
      'lib/names.ts': 'export enum Name { Greet = "greet" }\nexport namespace N { export const seconds = 7; }',
      'lib/box.ts': 'export class Box { constructor(readonly value: number) {} }',
      'lib/old.cjs': "module.exports = { priority: 'low' };",
      'greet.ts': `${ZOD}import { Name, N } from '@lib/names';\nimport { Box } from '@lib/box';\nimport old = require('./lib/old.cjs');
        export const greet = { type: Name.Greet, ${REST}, timeoutSeconds: new Box(N.seconds).value, priority: old.priority };`,
    });
    expect(tasks.definitions).toMatchObject([{ type: 'greet', timeoutSeconds: 7, priority: 'low' }]);
  });

  test('keeps what a module prints or leaves running out of what it finds', () => {
    const noisy = 'console.log(\'{"kind":"ended"}\');\nsetInterval(() => {}, 1000);\n';
    expect(typesOf(found({ 'greet.ts': ZOD + noisy + greet('greet') }))).toEqual(['greet']);
  });
});

describe('what cannot be a task is said in one sentence that names the file', () => {
  const cases: Record<string, readonly [files: Record<string, string>, sentence: string | RegExp]> = {
    'two of one name': [
      { 'a.ts': ZOD + greet('greet'), 'b/c.ts': ZOD + greet('greet', 'hello') },
      'the task type greet is defined twice, in a.ts (greet) and in b/c.ts (hello): give one of them another name',
    ],
    'a throw on import': [
      { 'a.ts': `${ZOD}\nif (process.env['NO_SUCH'] === undefined) throw new TypeError('no key');\n${greet('greet')}` },
      'a.ts cannot be imported: it threw TypeError: no key, at a.ts:3',
    ],
    'a throw in what several import': [
      {
        'a.ts': "import './lib.ts';\nexport const a = 1;",
        'b.ts': "import './lib.ts';\nexport const b = 1;",
        'lib.ts': "\nthrow new Error('no');\nexport const c = 1;",
      },
      'lib.ts cannot be imported: it threw Error: no, at lib.ts:2',
    ],
    'a throw of a text': [
      { 'a.ts': "export const a = 1;\nthrow 'no key';" },
      'a.ts cannot be imported: it threw "no key"',
    ],
    'a throw behind the import': [
      {
        'a.ts':
          "export const a = 1;\nsetTimeout(() => { throw new Error('late'); });\nawait new Promise((resolve) => setTimeout(resolve, 50));",
      },
      'a.ts cannot be imported: it threw Error: late, at a.ts:2',
    ],
    'an end of the process': [
      { 'a.ts': 'export const a = 1;\nprocess.exit(3);' },
      'a.ts cannot be imported: it ends the process (exit code 3)',
    ],
    'no package': [
      { 'a.ts': "\nimport x from 'no-such/part';\nexport const a = x;" },
      'a.ts:2: there is no package no-such: add it by `npm install no-such`',
    ],
    'no file': [
      { 'a.ts': "import x from './no-such.ts';\nexport const a = x;" },
      'a.ts:1: there is no file ./no-such.ts',
    ],
    'no syntax': [{ 'a.ts': 'export const a = ;' }, /^a\.ts:1: Unexpected ";"$/],
    'no schema': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, input: undefined };` },
      'a.ts: the task type greet has the input undefined, which must be a schema, such as z.strictObject({ ... })',
    ],
    'a schema that cannot become JSON Schema': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, input: z.object({ at: z.coerce.date() }) };` },
      'a.ts: the input schema of the task type greet cannot become JSON Schema: Date cannot be represented in JSON Schema, ' +
        'at "at": write z.iso.datetime(), with .transform((text) => new Date(text)) where the handler wants a Date',
    ],
    'an output that cannot become JSON Schema': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, output: z.bigint() };` },
      'a.ts: the output schema of the task type greet cannot become JSON Schema: BigInt cannot be represented in JSON Schema: ' +
        'write z.string().regex(/^-?\\d+$/), and return String(value)',
    ],
    'an output that is no schema': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, output: 'text' };` },
      'a.ts: the task type greet has the output "text", which must be a schema, such as z.strictObject({ ... })',
    ],
    'no handler': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, run: 'hello' };` },
      'a.ts: the task type greet has the run "hello", which must be a function',
    ],
    'a limit that is no number': [
      { 'a.ts': `${ZOD}export const a = { type: 'greet', ${REST}, timeoutSeconds: Number.NaN };` },
      'a.ts: the task type greet asks for timeoutSeconds NaN, which must be more than 0',
    ],
    'no definition': [
      { 'a.ts': 'export const a = 1;' },
      /^no task definition is exported below \S+ \(1 files\): export one/,
    ],
  };

  test.each(Object.entries(cases))('%s', (_, [files, sentence]) => {
    const said = told(files);
    expect(said.split('\n')).toHaveLength(1);
    if (typeof sentence === 'string') expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
  });

  test('no folder', () => {
    expect(() => discoverTasks('no-such')).toThrow(/^there is no folder no-such in .*: `tasks` names the one/);
  });

  test('all that is wrong at once', () => {
    const files = {
      'a.ts': "throw new Error('a');\nexport const a = 1;",
      'b.ts': "throw new Error('b');\nexport const b = 1;",
    };
    expect(told(files).split('\n')).toEqual([
      'a.ts cannot be imported: it threw Error: a, at a.ts:1',
      'b.ts cannot be imported: it threw Error: b, at b.ts:1',
    ]);
  });

  const limited = (text: string): readonly string[] => {
    const folder = folderOf({ 'a.ts': text, 'b.ts': "import './a.ts';\nexport const b = 1;" });
    const { modules, remove } = buildModules(project, [`${folder}/a.ts`, `${folder}/b.ts`]);
    const { failures } = inspectModules(project, modules, { importSeconds: 0.2, allSeconds: 2 });
    remove();
    return failures.map((sentence) => sentence.replaceAll(`${folder}/`, ''));
  };

  test('an await that never ends', () => {
    expect(limited('export const a = await new Promise(() => {});')).toEqual([
      'a.ts cannot be imported: it has not come to its end within 0.2 s: an `await` at its top level may never be answered',
    ]);
  });

  test('a loop that never ends', () => {
    expect(limited('export const a = 1;\nfor (;;) {}')).toEqual([
      'a.ts cannot be imported: it has not come to its end within 2 s',
    ]);
  });
});

describe('packages with native parts', () => {
  const using = `${ZOD}export const a = { type: 'a', ${REST}, run: async () => (await import('native-part')).default };`;
  const KINDS: Record<string, Record<string, string>> = {
    'are compiled': { 'binding.gyp': '{}' },
    'are compiled by npm': { 'package.json': '{ "name": "native-part", "gypfile": true }' },
    'are found by a tool': {
      'package.json': '{ "name": "native-part", "dependencies": { "node-gyp-build": "4.0.0" } }',
    },
    'are packages of each platform': {
      'package.json': '{ "name": "native-part", "optionalDependencies": { "@native/part-linux-arm64-gnu": "1.0.0" } }',
    },
    'are a file': { 'index.js': "module.exports = require('./part.node');", 'part.node': '' },
    'are a file that is not there': {
      'index.js': "module.exports = require('./build/part.node');",
      'binding.gyp': '{}',
    },
  };
  const filesOf = (kind: Record<string, string>): Record<string, string> => {
    const whole = { 'package.json': '{ "name": "native-part" }', 'index.js': 'module.exports = 1;', ...kind };
    const files = Object.entries(whole).map(([path, text]) => [`node_modules/native-part/${path}`, text]);
    return { ...Object.fromEntries(files), 'a.ts': using };
  };

  test.each(Object.entries(KINDS))('that %s are refused, with what mends it', (_, kind) => {
    expect(told(filesOf(kind))).toMatch(
      /^(a\.ts: )?the package native-part has native parts, which no bundle carries: write `nativePackages: \['native-part'\]`/,
    );
  });

  test('are left to be installed once they are named, and others are bundled', () => {
    const folder = folderOf(filesOf(KINDS['are compiled'] ?? {}));
    expect(discoverTasks(folder, { nativePackages: ['native-part'] }).nativePackages).toEqual(['native-part']);
    expect(told(filesOf({}))).toBe('nothing');
  });

  test('are not looked for where they are not installed', () => {
    expect(() => installNativePackages(project, ['no-such-part'])).toThrow(
      'nativePackages names no-such-part, which is not installed: add it by `npm install no-such-part`',
    );
  });
});
