import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { InexactJson, parseExactJson } from './exact-json.ts';
import { ArgumentError } from './npm-command.ts';

export const INPUT = '[input]';
export const INPUT_MEANS = 'JSON, or @file, or - for the standard input (default: {})';

/** Reads an input as it is given on a command line. Throws `ArgumentError` where there is none to read. */
export async function inputOf(given = '{}'): Promise<unknown> {
  const { name, text } = await textOf(given);
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof InexactJson)) throw error;
    throw new ArgumentError(`${name} cannot be the input: ${error.message}`);
  }
}

async function textOf(given: string): Promise<{ readonly name: string; readonly text: string }> {
  if (given === '-') return { name: 'The standard input', text: decoded(await buffer(process.stdin), given) };
  if (!given.startsWith('@')) return { name: `"${shortened(given)}"`, text: given };
  const file = given.slice(1);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ArgumentError(
      `${file} cannot be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.code}.`,
    );
  });
  return { name: file, text: decoded(bytes, file) };
}

/** Leaves out a byte order mark (U+FEFF) at the beginning. */
const decoder = new TextDecoder('utf-8', { fatal: true });

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ArgumentError(`${name} is not UTF-8.`);
  }
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
