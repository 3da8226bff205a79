import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');

/** Node strips types and compiles nothing, so it takes none of these; each says how the same is written. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/ enum /, 'an object `as const` does the same'],
  [/ parameter property /, 'declare the field, and assign it in the constructor'],
  [/ (namespace|module) declaration /, 'a file of its own does the same'],
  [/ import equals /, 'write `import ... from`'],
  [/ export assignment /, 'write `export`'],
];

/** Says why a file of the project cannot be imported, in one sentence that begins with its place where that is known. */
export function importFailure(error: unknown): string {
  if (!(error instanceof Error)) return `its import threw ${JSON.stringify(error) ?? String(error)}`;
  const place = placeOf(error);
  return `${place === undefined ? '' : `${place}: `}${reasonOf(error)}`;
}

function reasonOf(error: Error): string {
  const message = error.message.trim();
  if (codeOf(error) === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    const instead = INSTEAD.find(([kind]) => kind.test(message))?.[1];
    return `${message.replace(' in strip-only mode', ', since Node only strips types')}${instead ? `: ${instead}` : ''}`;
  }
  const missing = missingModule(message);
  if (missing !== undefined) return missing.reason;
  if (/does not provide an export named/.test(message)) return `${message} (types are imported by \`import type\`)`;
  if (error instanceof SyntaxError) return `it cannot be read: ${message}`;
  return `its import threw ${error.name}: ${message}`;
}

/** Returns `<file>:<line>` of the project: where the parser stopped, where an import stands, or the innermost of our own frames. */
function placeOf(error: Error): string | undefined {
  const stack = error.stack ?? '';
  const parsed = /^(file:\S+):(\d+)\n/.exec(stack);
  if (parsed !== null) return `${shown(fileURLToPath(parsed[1] ?? ''))}:${parsed[2]}`;
  const missing = missingModule(error.message);
  if (missing !== undefined) return missing.place;
  const ours = [...stack.matchAll(/\(?(file:[^\s()]+):(\d+):\d+\)?$/gm)]
    .map(([, url = '', line]) => ({ file: shown(fileURLToPath(url)), line }))
    .find(({ file }) => !/^\.\.|node_modules/.test(file));
  return ours === undefined ? undefined : `${ours.file}:${ours.line}`;
}

/** Reads from Node's message that a module cannot be found what is missing, and where it is asked for. */
function missingModule(message: string): { place: string; reason: string } | undefined {
  const found = /^(?:Cannot find (module|package)|Directory import) '(.+?)'.* imported from (\/.+)$/.exec(message);
  if (found === null) return undefined;
  const [, kind, name = '', importer = ''] = found;
  return { place: `${shown(importer)}${lineOfImport(importer, name)}`, reason: absence(kind, name) };
}

function absence(kind: string | undefined, name: string): string {
  if (kind === 'package') return `there is no package ${name}: add it by \`npm install\``;
  if (kind === undefined) return `${shown(name)} is a folder: name the file that is meant`;
  const meant = existsSync(`${name}.ts`) ? `: name it with its ending, ${shown(name)}.ts` : '';
  return `there is no file ${shown(name)}${meant}`;
}

/** Returns `:<line>` of the first line that imports what is so called; nothing where none is found. */
function lineOfImport(importer: string, name: string): string {
  const last = name.split('/').at(-1) ?? name;
  const specifier = new RegExp(`['"](?:[^'"]*/)?${last.replace(/\W/g, '\\$&')}(?:/[^'"]*)?['"]`);
  const line = readFileSync(importer, 'utf8')
    .split('\n')
    .findIndex((text) => specifier.test(text));
  return line === -1 ? '' : `:${line + 1}`;
}

const codeOf = (error: Error): unknown => ('code' in error ? error.code : undefined);
const shown = (path: string): string => relative(root, path);
