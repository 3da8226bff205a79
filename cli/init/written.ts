import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file of the app, as it is to be. */
export type Written = { readonly file: string; readonly text: string };

/** The same in a folder that has others: without a text the file there stays. */
export type Placed = { readonly file: string; readonly text?: string; readonly note?: string };

/** Returns a README or a `.gitignore` of the app as it is to be in a folder that may have one: what that says stays. */
export function besideOthers(folder: string, written: Written): Placed {
  const { file } = written;
  const readme = file === 'README.md' ? readmeIn(folder) : undefined;
  if (readme !== undefined) return { file, note: `${readme} stays as it is.` };
  return file === '.gitignore' && existsSync(join(folder, file)) ? besideIgnored(folder, written) : written;
}

const readmeIn = (folder: string): string | undefined =>
  existsSync(folder) ? readdirSync(folder).find((name) => /^readme(\.\w+)?$/i.test(name)) : undefined;

function besideIgnored(folder: string, { file, text }: Written): Placed {
  const there = readFileSync(join(folder, file), 'utf8');
  const paths = new Set(linesOf(there).map(pathOf));
  const missing = linesOf(text).filter((line) => !paths.has(pathOf(line)));
  if (missing.length === 0) return { file };
  const end = there === '' || there.endsWith('\n') ? '' : '\n';
  return {
    file,
    text: `${there}${end}${missing.join('\n')}\n`,
    note: `${file} has ${missing.join(' and ')} now, too.`,
  };
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** A folder that is ignored anywhere is at the top, too. */
const pathOf = (line: string): string => line.replaceAll(/^\/|\/$/g, '');
