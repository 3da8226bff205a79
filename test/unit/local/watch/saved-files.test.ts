import { mkdir, mkdtemp, realpath, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { SavedFiles } from '../../../../local/watch/saved-files.ts';

const root = await realpath(await mkdtemp(join(tmpdir(), 'millrace-saved-')));
const project = join(root, 'project');
const file = (name: string) => join(project, name);
await mkdir(file('tasks'), { recursive: true });
await mkdir(file('node_modules'));
await mkdir(file('.millrace'));
await writeFile(file('tasks/a.ts'), 'a');
await writeFile(file('tasks/b.ts'), 'b');

let files: SavedFiles | undefined;
afterEach(() => files?.close());
afterAll(() => rm(root, { recursive: true, force: true }));

const { signal } = new AbortController();
async function watched(since = Number.POSITIVE_INFINITY): Promise<() => Promise<string[] | undefined>> {
  const saved = await SavedFiles.of(project, since);
  files = saved;
  return async () => (await saved.next(signal, 2_000))?.paths.map((path) => relative(project, path)).toSorted();
}

test('files are told that have other contents, are new or are gone, those of one moment together', async () => {
  const next = await watched();
  await writeFile(file('tasks/a.ts'), 'a changed');
  await writeFile(file('tasks/new.ts'), 'new');
  expect(await next()).toEqual(['tasks/a.ts', 'tasks/new.ts']);
  await rm(file('tasks/new.ts'));
  expect(await next()).toEqual(['tasks/new.ts']);
});

test('an editor that writes beside a file and renames has changed the file alone', async () => {
  const next = await watched();
  await writeFile(file('tasks/a.ts.tmp'), 'a renamed');
  await rename(file('tasks/a.ts.tmp'), file('tasks/a.ts'));
  expect(await next()).toEqual(['tasks/a.ts']);
});

test('nothing is told of what has the contents that it had, nor of what others write', async () => {
  const next = await watched();
  await writeFile(file('tasks/b.ts'), 'b');
  for (const name of ['node_modules/c.js', '.millrace/d.mjs', 'tasks/b.test.ts', 'README.md'])
    await writeFile(file(name), 'x');
  expect(await next()).toBeUndefined();
});

test('what has been saved since a deploy began is told at once', async () => {
  const [before, after] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-01T00:01:00Z')];
  await utimes(file('tasks/a.ts'), before, before);
  await utimes(file('tasks/b.ts'), after, after);
  const next = await watched(new Date('2026-01-01T00:00:30Z').getTime());
  expect(await next()).toEqual(['tasks/b.ts']);
});

test('files outside are told of where they are named, but not those of packages', async () => {
  const next = await watched();
  const packages = join(root, 'node_modules/p');
  await mkdir(packages, { recursive: true });
  const [outside, ofPackage] = [join(root, 'shared.ts'), join(packages, 'index.js')];
  await Promise.all([outside, ofPackage].map((path) => writeFile(path, 'before')));
  await files?.add([outside, ofPackage]);
  expect(await next()).toBeUndefined();
  await Promise.all([outside, ofPackage].map((path) => writeFile(path, 'after')));
  expect(await next()).toEqual(['../shared.ts']);
});
