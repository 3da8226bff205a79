import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { IMPORT_RULES } from './import-rules.ts';

const ROOT = join(import.meta.dirname, '../..');

/** One file can refer to another in each of these ways. */
const WAYS = [
  "import { a } from '../adapters/x.ts';",
  "import type { B } from '../adapters/x.ts';",
  "import { type C } from '../adapters/x.ts';",
  "import '../adapters/x.ts';",
  "export { d } from '../adapters/x.ts';",
  "export type { E } from '../adapters/x.ts';",
  "export * from '../adapters/x.ts';",
  "const f = await import('../adapters/x.ts');",
];

const takenFromCore = (root: string) => [
  `import type { TaskCatalog, TaskDefinition } from '${root}/functions/core/define-task.ts';`,
  `import { TaskFailure } from '${root}/functions/core/define-task.ts';`,
];

const tree = mkdtempSync(join(tmpdir(), 'millrace-import-rules-'));
afterAll(() => rmSync(tree, { recursive: true }));

const importsOf = ({ allowed, forbidden }: { allowed: string[]; forbidden: string[] }) => [...allowed, ...forbidden];

const FILES: Record<string, string[]> = {
  ...Object.fromEntries(
    Object.entries(IMPORT_RULES).map(([file, rule]) => [file, importsOf(rule).map((name) => `import '${name}';`)]),
  ),
  'functions/core/ways.ts': WAYS,
  'lib/taken-from-core.ts': takenFromCore('..'),
  'lib/stacks/taken-from-core.ts': takenFromCore('../..'),
  'functions/core/cycle-a.ts': ["import type { B } from './cycle-b.ts';", 'export type A = B;'],
  'functions/core/cycle-b.ts': ["import type { A } from './cycle-a.ts';", 'export type B = A;'],
};

type Diagnostic = { category: string; location: { path: string; start: { line: number } } };

function lint(): Diagnostic[] {
  for (const name of ['biome.json', 'biome.imports.json', '.gitignore']) cpSync(join(ROOT, name), join(tree, name));
  for (const [file, lines] of Object.entries(FILES)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), lines.join('\n'));
  }
  const rules = ['--only=style/noRestrictedImports', '--only=suspicious/noImportCycles'];
  const { stdout } = spawnSync(
    join(ROOT, 'node_modules/.bin/biome'),
    ['lint', ...rules, '--reporter=json', '--max-diagnostics=none'],
    { cwd: tree, encoding: 'utf8' },
  );
  return JSON.parse(stdout).diagnostics;
}

const diagnostics = lint();
const refusedLines = (file: string, category: string) =>
  diagnostics
    .filter((found) => found.location.path === file && found.category === category)
    .map((found) => found.location.start.line)
    .sort((a, b) => a - b)
    .map((line) => FILES[file]?.[line - 1]);

const RESTRICTED = 'lint/style/noRestrictedImports';

describe('the import rules of biome.imports.json', () => {
  test.each(Object.entries(IMPORT_RULES))('hold in %s', (file, { forbidden }) => {
    expect(refusedLines(file, RESTRICTED)).toEqual(forbidden.map((name) => `import '${name}';`));
  });

  test('see every way of importing, types included', () => {
    expect(refusedLines('functions/core/ways.ts', RESTRICTED)).toEqual(WAYS);
  });

  test.each(['lib/taken-from-core.ts', 'lib/stacks/taken-from-core.ts'])(
    'let lib/ take only a type from functions/core/: %s',
    (file) => {
      expect(refusedLines(file, RESTRICTED)).toEqual([FILES[file]?.[1]]);
    },
  );

  test.each(['functions/core/cycle-a.ts', 'functions/core/cycle-b.ts'])('refuse a cycle, of types too: %s', (file) => {
    expect(refusedLines(file, 'lint/suspicious/noImportCycles')).toEqual([FILES[file]?.[0]]);
  });
});
