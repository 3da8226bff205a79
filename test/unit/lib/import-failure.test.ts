import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { BINARIES } from '../../../local/clean-environment.ts';

const ROOT = join(import.meta.dirname, '../../..');
mkdirSync(join(ROOT, '.millrace'), { recursive: true });
const folder = mkdtempSync(join(ROOT, '.millrace/imports-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A task's file has this in it, and a synth says so of it behind the place of the file. */
const FILES: Record<string, readonly [source: string, said: RegExp]> = {
  enum: [
    '\nexport enum Color { Red }',
    /^:2: TypeScript enum is not supported, since Node only strips types: an object/,
  ],
  constEnum: ['export const enum Color { Red }', /^:1: TypeScript enum is not supported/],
  property: ['export class A { constructor(private x: number) {} }', /^:1: TypeScript parameter property .*: declare/],
  namespace: ['\n\nexport namespace N { export const x = 1; }', /^:3: TypeScript namespace .*: a file of its own/],
  importEquals: ["import fs = require('fs');\nexport { fs };", /^:1: TypeScript import equals .*: write `import/],
  syntax: ['const a = 1;\nexport const b = ;', /^:2: it cannot be read: Expression expected$/],
  script: ['const a = 1;\nconst a = 2;', /^.*it cannot be read: Identifier 'a' has already been declared$/],
  missingFile: [
    "const a = 1;\nimport { x } from './nowhere.ts';\nexport { a, x };",
    /^:2: there is no file \S+nowhere\.ts$/,
  ],
  ending: [
    "import { x } from './enum';\nexport { x };",
    /^:1: there is no file \S+enum: name it with its ending, \S+enum\.ts$/,
  ],
  missingPackage: [
    "import x from 'no-such/part';\nexport { x };",
    /^:1: there is no package no-such: add it by `npm install`$/,
  ],
  folder: ["import x from '../../tasks/http-bulk';\nexport { x };", /^:1: tasks\/http-bulk is a folder/],
  missingExport: [
    "import { Kind } from './fine.ts';\nexport const a: Kind = 1;",
    /^:1: .*'\.\/fine\.ts' .*named 'Kind' \(types are/,
  ],
  throws: ["\nthrow new TypeError('no key');", /^:2: its import threw TypeError: no key$/],
  throwsInPackage: ["import { ulid } from 'ulid';\n\nulid(-1);", /^:3: its import threw \w+: /],
  throwsText: ["throw 'no key';", /its import threw "no key"$/],
  commonJs: ['export const here = __dirname;', /^:1: its import threw ReferenceError: __dirname is not defined/],
  fine: ['export type Kind = number;', /^nothing$/],
};

const SCRIPT = `
  import { importFailure } from '${ROOT}/lib/import-failure.ts';
  const said = {};
  for (const name of ${JSON.stringify(Object.keys(FILES))})
    said[name] = await import('${folder}/' + name + '.ts').then(() => 'nothing', importFailure);
  console.log(JSON.stringify(said));
`;

/** Only Node itself strips types as a synth does. */
const said: Record<string, string> = (() => {
  for (const [name, [source]] of Object.entries(FILES)) writeFileSync(join(folder, `${name}.ts`), source);
  const env = { PATH: `${BINARIES}:${process.env.PATH}` };
  const { stdout, stderr } = spawnSync('node', ['--input-type=module', '-e', SCRIPT], { env, encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
})();

test.each(Object.entries(FILES))('a file that cannot be imported is told in one sentence: %s', (name, [, expected]) => {
  const sentence = said[name] ?? '';
  expect(sentence.replace(`${relative(ROOT, folder)}/${name}.ts`, '')).toMatch(expected);
  expect(sentence).not.toMatch(/\n|node:internal/);
});
