/** Builds the package into `dist/`: compiled modules with their types and maps, the console, and the files that they read. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtConsole } from '../lib/constructs/console-site.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(1);

// The compiler rewrites the endings of imports in modules, and leaves them in their types.
for (const file of globSync('**/*.d.ts', { cwd: dist })) {
  const path = join(dist, file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/((?:from|import\() ?['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2'));
}
for (const [name, contents] of Object.entries(builtConsole())) {
  mkdirSync(join(dist, 'console'), { recursive: true });
  writeFileSync(join(dist, 'console', name), contents);
}
/** These are read as they are. */
const READ = ['local/*.py', 'local/requirements.txt', 'local/cfn-lint.txt', 'docs/costs.md'];
for (const file of globSync(READ, { cwd: root })) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  cpSync(join(root, file), join(dist, file));
}
cpSync(join(root, 'packaging/app'), join(dist, 'packaging/app'), { recursive: true });
chmodSync(join(dist, 'cli/main.js'), 0o755);
