import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ArgumentError, npmCommand, runCommand } from './npm-command.ts';
import { type Manifest, packageDirectory, readManifest } from './package-manifest.ts';

const initCommand = npmCommand(
  'millrace init',
  'Makes a small app: one type of task with its test, and what it takes to run and to deploy it.',
).argument('<folder>', 'where, such as `my-tasks`, or `.`; nothing that is there is written over');

const APP = join(import.meta.dirname, '../packaging/app');

/** Is the command `millrace init`. */
export const init = (commandLine: readonly string[]): Promise<void> =>
  runCommand(initCommand, async () => {
    const [folder = ''] = initCommand.parse(commandLine, { from: 'user' }).processedArgs;
    makeApp(resolve(folder));
    const here = relative(process.cwd(), resolve(folder));
    const steps = [...(here === '' ? [] : [`cd ${here}`]), 'npm install', 'npm start'];
    console.log(`Made an app${here === '' ? '' : ` in ${here}`}. Go on with:\n\n  ${steps.join('\n  ')}\n`);
  });

/** Makes the app in a folder, whose name it takes. Throws `ArgumentError` where a file would be written over. */
export function makeApp(folder: string): void {
  const name = nameOf(folder);
  const files = readdirSync(APP, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(APP, path)).isFile(),
  );
  const written = files.map((path) => ({
    // npm packs no `.gitignore`.
    file: path === 'gitignore' ? '.gitignore' : path,
    text: readFileSync(join(APP, path), 'utf8').replaceAll('__NAME__', name),
  }));
  const inTheWay = written.find(({ file }) => file !== 'package.json' && existsSync(join(folder, file)));
  if (inTheWay !== undefined) {
    throw new ArgumentError(`There is a ${inTheWay.file} in ${folder}: name another folder, such as a new one.`);
  }
  for (const { file, text } of written) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), file === 'package.json' ? manifestOf(folder, JSON.parse(text)) : text);
  }
}

/** Adds what the app needs to a manifest that is there, as `npm install millrace` leaves it; its versions stay. */
function manifestOf(folder: string, app: Manifest): string {
  const there = existsSync(join(folder, 'package.json')) ? readManifest(folder) : undefined;
  const dependencies = { ...app.dependencies, millrace: millraceFrom(folder), ...there?.dependencies };
  const merged = { ...there, ...app, scripts: { ...there?.scripts, ...app.scripts }, dependencies };
  return `${JSON.stringify(merged, undefined, 2)}\n`;
}

/** Returns where npm finds this Millrace: its version, or the packed file that it was installed from. */
function millraceFrom(folder: string): string {
  const installer = resolve(packageDirectory, '../..');
  const asked = existsSync(join(installer, 'package.json'))
    ? readManifest(installer).dependencies?.millrace
    : undefined;
  if (!asked?.startsWith('file:')) return readManifest(packageDirectory).version;
  return `file:${relative(folder, resolve(installer, asked.slice('file:'.length)))}`;
}

/** Returns what the deployment is called: as the folder, as far as npm and AWS take that. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 31)
    .replaceAll(/^[^a-z]+|-$/g, '');
  return name === '' ? 'tasks' : name;
}
