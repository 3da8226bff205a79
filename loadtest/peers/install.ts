import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);
const directory = import.meta.dirname;
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

async function versionsIn(file: string): Promise<Record<string, string>> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(join(directory, file), 'utf8')));
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version }]) => (path && version ? [[path, version]] : [])),
  );
}

/** Installs the packages of the peers beside their code, unless they are there, and checks the types of what uses them. */
export async function installPeers(): Promise<void> {
  const wanted = await versionsIn('package-lock.json');
  const found = await versionsIn('node_modules/.package-lock.json').catch(() => ({}) as Record<string, string>);
  const isThere = (path: string): boolean => found[path] === wanted[path];
  if (isThere('node_modules/bullmq') && isThere('node_modules/pg-boss') && Object.keys(found).every(isThere)) return;
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  await run('npx', ['tsc', '--noEmit', '-p', join(directory, 'servers')], { cwd: directory });
}

/** The version of a peer's package. */
export async function versionOf(name: string): Promise<string> {
  return (await versionsIn('package-lock.json'))[`node_modules/${name}`] ?? '';
}
