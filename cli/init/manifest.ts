import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { ArgumentError } from '../npm-command.ts';
import { type Manifest, packageDirectory, readManifest } from '../package-manifest.ts';
import { commonJsIn } from './module-kind.ts';
import type { Placed, Written } from './written.ts';

type Versions = Readonly<Record<string, string>>;

/** A sentence names no more files than this. */
const MOST_NAMED = 3;

/** Throws `ArgumentError` where a folder has files that would not run any more in a package of ES modules, as the app is one. */
export function checkType(folder: string): void {
  if (manifestThere(folder).type === 'module') return;
  const files = commonJsIn(folder);
  if (files.length === 0) return;
  const more = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : '';
  const named = `${files.slice(0, MOST_NAMED).join(', ')}${more}`;
  const reason = 'the app is of ES modules, and its package.json would make ES modules of them, too';
  throw new ArgumentError(
    `There is CommonJS in ${folder} (${named}): ${reason}. Name another folder, such as a new one, or call them .cjs.`,
  );
}

/**
 * Returns the app's manifest as it is to be in a folder: beside what `npm init` or `npm install millrace` has left there, whose
 * versions stay.
 */
export function manifestIn(folder: string, { file, text }: Written): Placed {
  const app: Manifest = JSON.parse(text);
  const there = manifestThere(folder);
  const { dependencies = {}, devDependencies = {}, scripts, allowScripts } = there;
  const merged = {
    ...app,
    ...there,
    type: 'module',
    scripts: { ...scripts, ...app.scripts },
    dependencies: {
      ...unless(devDependencies, { ...app.dependencies, millrace: millraceFrom(folder) }),
      ...dependencies,
    },
    devDependencies: { ...unless(dependencies, app.devDependencies), ...devDependencies },
    allowScripts: { ...app.allowScripts, ...allowScripts },
  };
  const written = { file, text: `${JSON.stringify(merged, undefined, 2)}\n` };
  // `npm install millrace` leaves no more.
  if (Object.keys(there).every((name) => name === 'dependencies')) return written;
  return { ...written, note: `${file} has the scripts and packages of the app now, beside its own.` };
}

/** Returns the scripts of a manifest that the app's would take the place of. What `npm init` writes for a test is none. */
export function scriptsInTheWay(folder: string, { text }: Written): string[] {
  const { scripts = {} } = JSON.parse(text) as Manifest;
  const there = Object.entries(manifestThere(folder).scripts ?? {});
  return there.flatMap(([name, script]) =>
    Object.hasOwn(scripts, name) && script !== scripts[name] && !script.includes('no test specified') ? [name] : [],
  );
}

function manifestThere(folder: string): Partial<Manifest> {
  if (!existsSync(join(folder, 'package.json'))) return {};
  try {
    return readManifest(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArgumentError(`The package.json in ${folder} cannot be read: ${reason}.`);
  }
}

const unless = (others: Versions, versions: Versions = {}): Versions =>
  Object.fromEntries(Object.entries(versions).filter(([name]) => !Object.hasOwn(others, name)));

/** Returns where npm finds this Millrace: its version, or the packed file that it was installed from. */
function millraceFrom(folder: string): string {
  const installer = resolve(packageDirectory, '../..');
  const asked = existsSync(join(installer, 'package.json'))
    ? readManifest(installer).dependencies?.millrace
    : undefined;
  if (!asked?.startsWith('file:')) return readManifest(packageDirectory).version;
  return `file:${relative(folder, resolve(installer, asked.slice('file:'.length)))}`;
}
