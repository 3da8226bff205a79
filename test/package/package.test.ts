import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { addPackages, appOf, packed, removeMade, run } from '../doubles/packed-app.ts';

const ROOT = join(import.meta.dirname, '../..');
let file = '';
let app = '';
beforeAll(() => {
  file = packed();
  app = appOf(file, 'my-tasks');
}, 300_000);
afterAll(() => {
  removeMade();
});

const NATIVE = `import { DEFAULT_RETRY, defineTask } from 'millrace';
import sharp from 'sharp';
import * as z from 'zod';
enum Size { Small = 16 }
export const thumbnail = defineTask({
  type: 'thumbnail', description: 'Makes a small picture.', resources: 'default', priority: 'normal', timeoutSeconds: 10,
  retry: DEFAULT_RETRY, input: z.strictObject({ image: z.base64() }),
  run: async ({ image }) => (await sharp(Buffer.from(image, 'base64')).resize(Size.Small).toBuffer()).toString('base64'),
});
`;

/** Returns what is said of a failure. */
function said(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error instanceof Error ? error.message : error);
  }
  return 'nothing';
}

/** Returns the machine that a library was built for (ELF, \`e_machine\`): 0xb7 is arm64. */
const machineOf = (path: string): number => readFileSync(path).readUInt16LE(18);

describe('the packed file', () => {
  test('is as publint and attw say that a package has to be', () => {
    const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);
    expect(run(ROOT, bin('publint'), 'run', file, '--strict')).toContain('All good!');
    run(ROOT, bin('attw'), file, '--profile', 'esm-only');
  }, 60_000);

  test('has what is compiled, and nothing that only those need who work on Millrace', () => {
    const files = run(ROOT, 'tar', '--list', '--file', file).trim().split('\n');
    const folders = new Set(files.map((path) => path.split('/').slice(1, 3).join('/')));
    expect(folders).toContain('dist/functions');
    expect(folders).toContain('dist/console');
    const own = files.filter((path) => !path.startsWith('package/dist/packaging/app/'));
    expect(own.filter((path) => /\/(test|loadtest|tasks|node_modules)\//.test(path))).toEqual([]);
    expect(own.filter((path) => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  test('pulls in nothing of AWS, nor of the CDK, with what tasks import', () => {
    const script = `
      const { registerHooks } = await import('node:module');
      registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
      await import('millrace');`;
    const loaded = run(app, 'npx', 'node', '--input-type=module', '--eval', script).trim().split('\n');
    expect(loaded).toContainEqual(expect.stringContaining('millrace/dist/entries/index.js'));
    expect(loaded.filter((url) => /aws|constructs|esbuild/.test(url))).toEqual([]);
  });
});

test('the client knows the types of an app, in another project', () => {
  const script = `import { createClient } from 'millrace/client';
    import type { greet } from './tasks/greet.ts';
    const client = createClient({ url: 'http://localhost', key: 'k' });
    const { output } = await client.result(await client.submit<typeof greet>('greet', { name: 'Ada' }));
    export const greeting: string = output.greeting;
    // @ts-expect-error there is no such input
    await client.submit<typeof greet>('greet', { nom: 'Ada' });`;
  writeFileSync(join(app, 'call.ts'), script);
  const check = [
    '--noEmit',
    '--ignoreConfig',
    '--module',
    'nodenext',
    '--strict',
    '--allowImportingTsExtensions',
    '--target',
    'es2024',
  ];
  run(app, 'npx', 'tsc', ...check, 'call.ts');
  rmSync(join(app, 'call.ts'));
}, 60_000);

test('the client loads nothing but itself', () => {
  const script = `
    const { registerHooks } = await import('node:module');
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
    await import('millrace/client');`;
  const loaded = run(app, 'npx', 'node', '--input-type=module', '--eval', script).trim().split('\n');
  expect(loaded).toContainEqual(expect.stringContaining('millrace/dist/entries/client.js'));
  expect(loaded.filter((url) => !/millrace\/dist\/(client|entries)\//.test(url))).toEqual([]);
});

describe('the app that it makes', () => {
  test('passes its own check of types and its own tests', () => {
    expect(run(app, 'npm', 'test')).toMatch(/2 passed/);
  }, 120_000);

  test('is written over nothing', () => {
    expect(() => run(dirname(app), 'npx', 'millrace', 'init', 'my-tasks')).toThrow(
      /There is a \S+ in .*my-tasks: name another folder/,
    );
  });

  test('synthesizes, with the stacks called after its folder', () => {
    run(app, 'npm', 'run', 'synth');
    const { artifacts } = JSON.parse(readFileSync(join(app, 'cdk.out/manifest.json'), 'utf8'));
    expect(Object.keys(artifacts)).toEqual(
      expect.arrayContaining(['data', 'execution', 'api', 'operations'].map((part) => `my-tasks-${part}`)),
    );
  }, 120_000);

  test('is told which package with native parts was forgotten, and has it for arm64 once it is named', () => {
    addPackages(app, 'sharp@0.35.5');
    writeFileSync(join(app, 'tasks/thumbnail.ts'), NATIVE);
    const refused = said(() => run(app, 'npm', 'run', 'synth'));
    expect(refused).toMatch(
      /tasks\/thumbnail\.ts: the package sharp has native parts, .*write `nativePackages: \['sharp'\]`/,
    );
    expect(refused).not.toMatch(/^ +at /m);
    const entry = join(app, 'bin/app.ts');
    writeFileSync(
      entry,
      readFileSync(entry, 'utf8').replace("tasks: 'tasks',", "tasks: 'tasks', nativePackages: ['sharp'],"),
    );
    run(app, 'npm', 'run', 'synth');
    const libraries = run(app, 'find', 'cdk.out/bundle.executor', '-name', '*.node').trim().split('\n');
    expect(libraries).toHaveLength(1);
    expect(libraries.map((path) => machineOf(join(app, path)))).toEqual([0xb7]);
  }, 180_000);
});

test('the package says which version it is', () => {
  expect(run(app, 'npx', 'millrace', '--version').trim()).toBe(manifest.version);
});
