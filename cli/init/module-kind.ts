import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const ES_MODULE = /^\s*(?:import\b\s*[\w{*'"]|export\b\s*(?:\w|[{*]))/m;
const COMMON_JS = /\brequire\s*\(|\bmodule\.exports\b|\bexports\.\w+\s*=/;

/** Returns the `.js` files of a package that are CommonJS by what they say, and would be none where it is of type `module`. */
export function commonJsIn(folder: string): string[] {
  const found = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return isApart(entry.name, path) ? [] : found(path);
      return entry.isFile() && /\.jsx?$/.test(entry.name) && isCommonJs(readFileSync(path, 'utf8')) ? [path] : [];
    });
  return existsSync(folder)
    ? found(folder)
        .map((path) => relative(folder, path))
        .toSorted()
    : [];
}

/** A folder with a `package.json` of its own has a type of its own. */
const isApart = (name: string, path: string): boolean =>
  name === 'node_modules' || name.startsWith('.') || existsSync(join(path, 'package.json'));

const isCommonJs = (text: string): boolean => COMMON_JS.test(text) && !ES_MODULE.test(text);
