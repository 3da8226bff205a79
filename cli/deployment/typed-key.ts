import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandError, EXIT } from '../exit-code.ts';

/** Gets a key from the terminal, which does not show it, or from the standard input where that is none. */
export async function typedKey(question: string): Promise<string> {
  const given = process.stdin.isTTY === true ? await ask(question) : await text(process.stdin);
  const key = given.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CommandError(
    key === '' ? 'No key was given.' : 'The key must be one line of visible characters, as it was printed.',
    EXIT.usage,
  );
}

async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  // Only now does the terminal show nothing of what is typed.
  process.stderr.write(question);
  const stopped = new Promise<never>((_, reject) => {
    reader.once('SIGINT', () => reject(new CommandError('Nothing was kept.', EXIT.interrupted)));
    reader.once('close', () => reject(new CommandError('No key was given.', EXIT.usage)));
  });
  try {
    return await Promise.race([reader.question(''), stopped]);
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
