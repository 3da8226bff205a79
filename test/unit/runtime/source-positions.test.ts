import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { withSourcePositions } from '../../../functions/runtime/source-positions.ts';
import { DOOR_BUILD } from '../../../lib/constructs/door-build.ts';

const directory = await mkdtemp(join(tmpdir(), 'millrace-positions-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

/**
 * Returns the stack of what a handler throws that is bundled as doors are, without its map where `isMapped` is false.
 */
async function thrownBy(outdir: string, isMapped: boolean): Promise<string> {
  await mkdir(join(directory, 'tasks'), { recursive: true });
  const source = [
    '// A handler.',
    'function parse(text) {',
    '  return JSON.parse(text);',
    '}',
    'export const run = () => parse("{");',
  ];
  await writeFile(join(directory, 'tasks/broken.ts'), source.join('\n'));
  const { outputFiles } = buildSync({
    ...DOOR_BUILD,
    entryPoints: ['tasks/broken.ts'],
    absWorkingDir: directory,
    outdir: join(directory, outdir),
  });
  await mkdir(join(directory, outdir));
  for (const { path, contents } of outputFiles) if (isMapped || !path.endsWith('.map')) await writeFile(path, contents);
  const program = `import { run } from ${JSON.stringify(pathToFileURL(join(directory, outdir, 'broken.mjs')).href)};
    try { run(); } catch (error) { process.stdout.write(error.stack); }`;
  // Here, Vitest would read the map itself.
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
}

it('are those of the source, for a stack out of a bundle', async () => {
  const stack = await thrownBy('mapped', true);
  expect(stack).toMatch(/broken\.mjs:\d+:\d+/);
  const readable = withSourcePositions(JSON.stringify({ stack }));
  expect(readable).toContain('tasks/broken.ts:3:15');
  expect(readable).not.toContain('.mjs');
  expect(JSON.parse(readable).stack).toContain('SyntaxError');
});

it('are those of the bundle where it has no map, and other text stays as it is', async () => {
  const stack = await thrownBy('unmapped', false);
  expect(withSourcePositions(stack)).toBe(stack);
  expect(withSourcePositions('at 12:30:10 /tmp/nowhere.mjs:1:2')).toBe('at 12:30:10 /tmp/nowhere.mjs:1:2');
});
