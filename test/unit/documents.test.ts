import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const ROOMS = [
  'bin',
  'lib',
  'client',
  'entries',
  'testing',
  'functions',
  'tasks',
  'cli',
  'planner',
  'console',
  'local',
  'loadtest',
  'test',
  'docs',
];

const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT }).sort();
const sources = globSync([`{${ROOMS.join()}}/**/*.{ts,tsx,mjs,py}`, '*.ts'], {
  cwd: ROOT,
  exclude: ['**/node_modules'],
}).sort();

/** A file or a folder of ours, by its path from the root. Routes, addresses and what is in `.millrace/` are none. */
const PATH = new RegExp(`(?<![\\w./$@:<>-])(?:${ROOMS.join('|')})/[\\w./-]*\\w/?`, 'g');

/** These are no paths, or those of files that the reader is to make, or that were there once. */
const OTHERS = ['bin/app.ts', 'tasks/index.ts', 'tasks/s', 'tasks/greet.ts', 'tasks/index-document.ts'];

const pathsIn = (text: string): string[] => [...text.matchAll(PATH)].map(([path]) => path);
const isThere = (path: string): boolean => existsSync(join(ROOT, path)) || OTHERS.includes(path);

const commentsOf = (file: string): string =>
  readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .filter((line) => /^\s*(\/\/|\/\*\*|\*|#)/.test(line))
    .join('\n');

describe('the documents', () => {
  const texts = documents.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const);

  test('are found, with paths in them', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/decisions/local-cloud.md']),
    );
    expect(texts.flatMap(([, text]) => pathsIn(text)).length).toBeGreaterThan(50);
  });

  test.each(texts)('%s names files and folders that are there', (_, text) => {
    expect(pathsIn(text).filter((path) => !isThere(path))).toEqual([]);
  });

  test.each(texts)('%s leads to documents that are there', (file, text) => {
    const links = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
  });
});

test('comments name files and folders that are there', () => {
  const missing = sources.flatMap((file) => pathsIn(commentsOf(file)).filter((path) => !isThere(path)));
  expect(missing).toEqual([]);
});
