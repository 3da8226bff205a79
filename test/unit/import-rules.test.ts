import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What a file may import, and what has to be refused. */
const RULES: Record<string, { allowed: string[]; forbidden: string[] }> = {
  'bin/millrace.ts': {
    allowed: ['aws-cdk-lib', '../lib/config.ts', '../lib/stacks/data-stack.ts'],
    forbidden: ['../functions/contract.ts', '../tasks/index.ts', '../local/start.ts', 'zod'],
  },
  'lib/config.ts': {
    allowed: [
      './presets.ts',
      './constructs/lane.ts',
      'node:fs',
      'node:fs/promises',
      './stacks/data-stack.ts',
      '../functions/contract.ts',
      '../tasks/index.ts',
    ],
    forbidden: ['../functions/core/task.ts', '../functions/runtime/env.ts', '../client/http.ts', 'ulid'],
  },
  'lib/stacks/data-stack.ts': {
    allowed: [
      'aws-cdk-lib',
      'aws-cdk-lib/aws-lambda',
      'constructs',
      'esbuild',
      '../config.ts',
      '../constructs/lane.ts',
      '../../functions/metrics.ts',
      '../../tasks/index.ts',
    ],
    forbidden: ['../../functions/core/task.ts', '../../functions/router/index.ts', '../../local/start.ts', 'undici'],
  },
  'lib/constructs/lane.ts': {
    allowed: ['./service-function.ts', '../stacks/data-stack.ts', 'zod'],
    forbidden: ['../../bin/millrace.ts'],
  },
  'functions/metrics.ts': { allowed: [], forbidden: ['./contract.ts', './core/task.ts', 'zod'] },
  'functions/contract.ts': { allowed: [], forbidden: ['./core/task.ts', 'zod', 'node:crypto'] },
  'functions/core/task.ts': {
    allowed: ['./ids.ts', '../contract.ts', '@standard-schema/spec', 'zod', 'node:crypto'],
    forbidden: [
      '../adapters/system-ids.ts',
      '../executor/index.ts',
      '../runtime/env.ts',
      '../../tasks/index.ts',
      './../router/index.ts',
      'node:fs',
      'crypto',
      'undici',
      '@aws-sdk/client-dynamodb',
      '@aws-lambda-powertools/metrics',
      'aws-cdk-lib',
    ],
  },
  'functions/adapters/sqs-task-queue.ts': {
    allowed: ['./system-ids.ts', '../core/ports.ts', '../contract.ts', '@aws-sdk/client-sqs', 'node:crypto'],
    forbidden: [
      'aws-cdk-lib/core',
      '../router/index.ts',
      '../runtime/clients.ts',
      '../../tasks/index.ts',
      '../../lib/config.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/runtime/clients.ts': {
    allowed: ['./env.ts', '../core/ports.ts', '../contract.ts', '../adapters/sqs-task-queue.ts', '@aws-sdk/client-sqs'],
    forbidden: ['aws-cdk-lib', '../router/index.ts', '../../local/start.ts', 'aws-cdk-lib/core'],
  },
  'functions/router/routes/submit-task.ts': {
    allowed: [
      './get-task.ts',
      '../problem.ts',
      '../../core/task.ts',
      '../../runtime/env.ts',
      '../../contract.ts',
      'zod',
    ],
    forbidden: [
      'aws-cdk-lib/core',
      '../../adapters/dynamo-task-store.ts',
      '../../executor/index.ts',
      '../../../tasks/index.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/executor/execute-task.ts': {
    allowed: ['./handle-batch.ts', '../core/task.ts', '../runtime/telemetry.ts', '../contract.ts'],
    forbidden: [
      '../adapters/dynamo-task-store.ts',
      '../router/index.ts',
      '../control/govern.ts',
      '../../test/setup/x.ts',
    ],
  },
  'functions/executor/index.ts': {
    allowed: [
      '../contract.ts',
      '../runtime/env.ts',
      './handle-batch.ts',
      '../adapters/dynamo-task-store.ts',
      '../core/task.ts',
      '../../tasks/index.ts',
    ],
    forbidden: [
      'aws-cdk-lib/core',
      '../router/problem.ts',
      '../authorizer/index.ts',
      '../../lib/config.ts',
      'aws-cdk-lib',
    ],
  },
  'functions/executor/thread.ts': {
    allowed: ['./serve-attempts.ts', '../adapters/lazy-http-clients.ts', '../core/task.ts', '../../tasks/index.ts'],
    forbidden: ['../router/problem.ts', '../../lib/config.ts', 'aws-cdk-lib'],
  },
  'tasks/fail-unless-ok.ts': {
    allowed: [
      './bytes-up-to.ts',
      './csv-summarize/definition.ts',
      '../functions/contract.ts',
      '../functions/core/decoded-text.ts',
      '../functions/core/json.ts',
      '../functions/core/retry.ts',
    ],
    forbidden: ['../functions/core/ports.ts', '../functions/adapters/undici-http-client.ts', '../lib/config.ts'],
  },
  'tasks/markdown-render/definition.ts': {
    allowed: [
      './render-markdown.ts',
      '../fail-unless-ok.ts',
      '../../functions/contract.ts',
      '../../functions/core/define-task.ts',
      '../../functions/core/json.ts',
      '../../functions/core/retry.ts',
      'marked',
      'node:zlib',
    ],
    forbidden: [
      '../../functions/core/ports.ts',
      '../../functions/adapters/undici-http-client.ts',
      '../../lib/config.ts',
      '@aws-sdk/client-s3',
      '@aws-lambda-powertools/metrics',
      'aws-cdk-lib',
      'aws-cdk-lib/aws-s3',
    ],
  },
  'client/keys.ts': {
    allowed: [
      './http.ts',
      '../functions/core/ids.ts',
      '../functions/contract.ts',
      '../functions/adapters/keys.ts',
      'zod',
    ],
    forbidden: ['../functions/router/index.ts', '../lib/config.ts', '../local/start.ts', '../tasks/index.ts'],
  },
  'console/shell.tsx': {
    allowed: ['./parts/live.ts', './pages/task-page.tsx', 'preact', 'preact/hooks', 'zod/mini'],
    forbidden: ['../functions/contract.ts', '../client/http.ts', 'node:fs', '@aws-sdk/client-sqs'],
  },
  'console/pages/task-page.tsx': {
    allowed: ['./task-table.tsx', '../parts/live.ts', '../api/task.ts', '@preact/signals', 'uplot'],
    forbidden: [
      '../../functions/contract.ts',
      '../../functions/router/task-view.ts',
      '../../tasks/index.ts',
      'aws-cdk-lib',
    ],
  },
  'local/start.ts': {
    allowed: [
      '../functions/adapters/keys.ts',
      './mini-stack.ts',
      '../client/keys.ts',
      '../functions/core/ids.ts',
      '../functions/contract.ts',
      'node:fs',
    ],
    forbidden: ['../lib/config.ts', '../functions/executor/index.ts', '../test/setup/local-stack.ts'],
  },
  'loadtest/submit.ts': {
    allowed: [
      './report.ts',
      '../client/http.ts',
      '../functions/contract.ts',
      '../functions/core/task.ts',
      ...['../lib/config.ts', '../lib/constructs/door-build.ts'],
      ...['../local/find-chromium.mjs', '../local/second-implementation.mjs'],
    ],
    forbidden: [
      '../functions/adapters/keys.ts',
      '../lib/stacks/data-stack.ts',
      '../local/start.ts',
      '../test/setup/local-stack.ts',
    ],
  },
  'loadtest/plan/simulate.ts': {
    allowed: ['./load.ts', '../../client/http.ts', '../../functions/contract.ts', '../../functions/core/task.ts'],
    forbidden: ['../../functions/executor/index.ts', '../../local/start.ts'],
  },
  'test/unit/task.test.ts': {
    allowed: [
      '../../functions/core/task.ts',
      '../../local/start.ts',
      '../setup/local-stack.ts',
      '../../loadtest/plan/simulate.ts',
    ],
    forbidden: ['../../loadtest/submit.ts'],
  },
};

/** Every way in which one file can refer to another. */
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
    Object.entries(RULES).map(([file, rule]) => [file, importsOf(rule).map((name) => `import '${name}';`)]),
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
  test.each(Object.entries(RULES))('hold in %s', (file, { forbidden }) => {
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
