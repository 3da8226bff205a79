import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { handlerStackOf } from '../../../functions/runtime/handler-stack.ts';
import { DOOR_BUILD } from '../../../lib/constructs/door-build.ts';

const root = join(import.meta.dirname, '../../..');
const directory = await mkdtemp(join(tmpdir(), 'millrace-stack-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

const SOURCES = {
  'tasks/broken.ts': `
    import { fail } from '${root}/functions/core/define-task.ts';
    import { parse } from 'a-package';
    export const failing = () => fail('no_luck', 'bad luck');
    export const throwing = async () => { await null; throw new Error('at foo (tasks/secret.ts:1:1)'); };
    export const packaged = () => parse('{');
  `,
  // A team may have a folder of this name, too.
  'functions/charge.ts': `export const charge = () => { throw new Error('declined'); };`,
  'node_modules/a-package/index.js': 'exports.parse = (text) => JSON.parse(text);',
  'node_modules/a-package/package.json': '{"name":"a-package","version":"1.0.0"}',
  'door.ts': `
    import { handlerStackOf } from '${root}/functions/runtime/handler-stack.ts';
    import { failing, packaged, throwing } from './tasks/broken.ts';
    import { charge } from './functions/charge.ts';
    const stackOf = async (run) => { try { await run(); } catch (error) { return handlerStackOf(error.stack) ?? null; } };
    process.stdout.write(JSON.stringify(await Promise.all([failing, throwing, packaged, charge].map(stackOf))));
  `,
};

/** Bundles a handler with what asks for its stacks, as doors are, and returns these. */
async function stacksOfBundle(outdir: string, isMapped: boolean): Promise<(string | null)[]> {
  for (const [path, text] of Object.entries(SOURCES)) {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  const { outputFiles } = buildSync({
    ...DOOR_BUILD,
    entryPoints: ['door.ts'],
    absWorkingDir: directory,
    outdir: join(directory, outdir),
  });
  await mkdir(join(directory, outdir));
  for (const { path, contents } of outputFiles) if (isMapped || !path.endsWith('.map')) await writeFile(path, contents);
  const program = `await import(${JSON.stringify(pathToFileURL(join(directory, outdir, 'door.mjs')).href)});`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }));
}

describe('the stack of a handler', () => {
  it('has the places in its own code by the lines of its source, and no others', async () => {
    const [failing, throwing, packaged, charge] = await stacksOfBundle('mapped', true);
    expect(failing).toMatch(/^at tasks\/broken\.ts:4:\d+(\nat door\.ts:\d+:\d+)*$/);
    expect(throwing).toMatch(
      /^at .*tasks\/secret\.ts:1:1\nat tasks\/broken\.ts:5:\d+(\n|$)|^at tasks\/broken\.ts:5:\d+/,
    );
    expect(packaged).toMatch(/^at tasks\/broken\.ts:6:\d+/);
    expect(charge).toMatch(/^at functions\/charge\.ts:1:\d+/);
    for (const stack of [failing, throwing, packaged, charge]) expect(stack).not.toMatch(/node|define-task|\.mjs/);
  });

  it('is none where the bundle has no map: whose a place is cannot be known', async () => {
    expect(await stacksOfBundle('unmapped', false)).toEqual([null, null, null, null]);
  });

  it.each(['', 'Error: no places', 'Error\n    at async Promise.all (index 0)\n    at node:internal/x:1:2'])(
    'is none of %j',
    (stack) => expect(handlerStackOf(stack)).toBeUndefined(),
  );
});
