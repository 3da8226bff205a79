import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lockedVersions } from './versions.ts';

const run = promisify(execFile);
const directory = import.meta.dirname;

/** Installs the packages of the peers beside their code, unless they are there, and checks the types of what uses them. */
export async function installPeers(): Promise<void> {
  const wanted = await lockedVersions(join(directory, 'package-lock.json'));
  const found = await lockedVersions(join(directory, 'node_modules/.package-lock.json')).catch(
    () => ({}) as Record<string, string>,
  );
  const isThere = (path: string): boolean => found[path] === wanted[path];
  if (isThere('node_modules/bullmq') && isThere('node_modules/pg-boss') && Object.keys(found).every(isThere)) return;
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  await run('npx', ['tsc', '--noEmit', '-p', join(directory, 'servers')], { cwd: directory });
}
