import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { clashesIn } from './init/clashes.ts';
import { checkType, manifestIn } from './init/manifest.ts';
import { besideOthers, type Written } from './init/written.ts';
import { ArgumentError, npmCommand, runnable } from './npm-command.ts';

const initCommand = npmCommand(
  'millrace init',
  'Makes a small app: one type of task with its test, and what it takes to run and to deploy it.',
).argument(
  '<folder>',
  'where, such as `my-tasks`, or `.`; what is there stays: a README, a .gitignore and a package.json may be',
);

const APP = join(import.meta.dirname, '../packaging/app');

/** Is the command `millrace init`. */
export const init = runnable(initCommand, async (commandLine) => {
  const [folder = ''] = initCommand.parse(commandLine, { from: 'user' }).processedArgs;
  const notes = [...makeApp(resolve(folder)), ...npmWarnings(process.versions.node)];
  const here = relative(process.cwd(), resolve(folder));
  const steps = [...(here === '' ? [] : [`cd ${here}`]), 'npm install', 'npm start'];
  const made = [`Made an app${here === '' ? '' : ` in ${here}`}.`, ...notes, 'Go on with:'].join('\n');
  console.log(`${made}\n\n  ${steps.join('\n  ')}\n`);
});

/** The newest Node that some package of an app asks for. */
const ASKED_NODE = { major: 22, minor: 19 };

/** Returns what to think of npm's warnings, where the Node that runs it is older than a package asks for. */
export function npmWarnings(version: string): string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const { major: asked, minor: askedMinor } = ASKED_NODE;
  if (major > asked || (major === asked && minor >= askedMinor)) return [];
  return [
    `npm will say EBADENGINE of packages that ask for Node ${asked}.${askedMinor}, as this is ${version}. That does no harm: they run on the Node that is installed with them.`,
  ];
}

/**
 * Makes the app in a folder, whose name it takes; returns a sentence for each file that was there before. Throws `ArgumentError`
 * with all that would be written over.
 */
export function makeApp(folder: string): string[] {
  if (existsSync(folder) && !statSync(folder).isDirectory()) {
    throw new ArgumentError(`${folder} is a file: name a folder, such as a new one.`);
  }
  const name = nameOf(folder);
  const paths = readdirSync(APP, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = paths.filter((path) => statSync(join(APP, path)).isFile());
  const app = files.map(
    (path): Written => ({
      // npm packs no `.gitignore`.
      file: path === 'gitignore' ? '.gitignore' : path,
      text: readFileSync(join(APP, path), 'utf8').replaceAll('__NAME__', name),
    }),
  );
  const [first, ...others] = clashesIn(folder, app);
  if (first !== undefined) {
    const also = others.length === 0 ? '' : ` Also in the way: ${others.join(', ')}.`;
    throw new ArgumentError(`There is a ${first} in ${folder}: name another folder, such as a new one.${also}`);
  }
  checkType(folder);
  const placed = app.map((written) =>
    written.file === 'package.json' ? manifestIn(folder, written) : besideOthers(folder, written),
  );
  for (const { file, text } of placed) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return placed.flatMap(({ note }) => note ?? []);
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
