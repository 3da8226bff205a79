import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];

/** The shell of a team has the commands of no package, and says of no npm script that it runs in one. */
export const teamEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|CI$)/i.test(name))),
  PATH: (process.env.PATH ?? '')
    .split(':')
    .filter((directory) => !directory.includes('node_modules'))
    .join(':'),
});

/** Runs a command, and returns what it prints. Throws what it says where it fails. */
export function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', env: teamEnvironment() });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

const made: string[] = [];

function newDirectory(prefix: string): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  made.push(directory);
  return directory;
}

/** Removes all that was packed and installed, and nothing where that has failed. */
export function removeMade(): void {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Packs Millrace as it would be published, into a new folder; returns the file. */
export function packed(): string {
  const directory = newDirectory('millrace-packed-');
  run(ROOT, join(ROOT, 'node_modules/.bin/node'), 'packaging/build.ts');
  const name = run(ROOT, 'npm', 'pack', '--ignore-scripts', '--pack-destination', directory).trim().split('\n').at(-1);
  return join(directory, name ?? '');
}

/** Makes of a packed Millrace the version after it, whose executors say so in `globalThis`; returns that file. */
export function nextOf(file: string, version: string): string {
  const directory = newDirectory('millrace-next-');
  run(directory, 'tar', '--extract', '--file', file);
  const root = join(directory, 'package');
  const manifest = { ...JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')), version };
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest));
  appendFileSync(
    join(root, 'dist/functions/executor/attempt/run-handler.js'),
    `\nglobalThis.millraceVersion = '${version}';\n`,
  );
  return join(directory, run(root, 'npm', 'pack', '--ignore-scripts', '--pack-destination', directory).trim());
}

/** Installs a packed Millrace into an empty folder, and makes an app beside it by its command; returns the app's folder. */
export function appOf(file: string, name: string): string {
  const directory = newDirectory('millrace-team-');
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  run(directory, 'npm', ...INSTALL, file);
  run(directory, 'npx', 'millrace', 'init', name);
  const app = join(directory, name);
  run(app, 'npm', ...INSTALL);
  return app;
}

/** Adds packages to an app, in place of those of the same names. */
export const addPackages = (app: string, ...names: string[]): string => run(app, 'npm', ...INSTALL, ...names);
