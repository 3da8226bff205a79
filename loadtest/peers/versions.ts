import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const lockSchema = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) });

/** The versions that a lockfile of npm names, by the path of each package. */
export async function lockedVersions(file: string): Promise<Record<string, string>> {
  const { packages } = lockSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version }]) => (path && version ? [[path, version]] : [])),
  );
}

/** The version of a peer's package, or of one that this repository has beside. */
export async function versionOf(name: string): Promise<string> {
  const locks = [join(import.meta.dirname, 'package-lock.json'), join(ROOT, 'package-lock.json')];
  const versions = await Promise.all(locks.map(lockedVersions));
  const version = versions.map((all) => all[`node_modules/${name}`]).find((found) => found !== undefined);
  if (version === undefined) throw new Error(`no lockfile names ${name}`);
  return version;
}

/** The version of the local cloud. */
export async function miniStackVersion(): Promise<string> {
  const requirements = await readFile(join(ROOT, 'local/requirements.txt'), 'utf8');
  return /^ministack==(\S+)/m.exec(requirements)?.[1] ?? '';
}
