import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Profile } from './profiles.ts';

/** Gets the key of a profile from where that says. Throws what is wrong there, without the key. */
export async function keyOf(profile: Profile, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  if ('keyEnvironment' in profile) return keyInEnvironment(profile.keyEnvironment, environment);
  if ('keyFile' in profile) return keyInFile(profile.keyFile);
  return keyByCommand(profile.keyCommand);
}

/** Returns a key that a variable holds. */
export function keyInEnvironment(name: string, environment: NodeJS.ProcessEnv): string {
  const key = environment[name]?.trim() ?? '';
  if (key !== '') return key;
  throw new Error(`${name} is not set: put the key into that variable`);
}

const OTHERS = 0o077;

async function keyInFile(file: string): Promise<string> {
  const { mode } = await stat(file).catch(() => {
    throw new Error(`${file} is not there: \`millrace profiles set\` asks for the key again`);
  });
  // Windows has no such bits.
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new Error(`${file} may be read by others: \`chmod 600 ${file}\`, or have another key made`);
  }
  return (await readFile(file, 'utf8')).trim();
}

/** Runs a command as a shell does. It may ask its questions; what it prints is the key. */
async function keyByCommand(command: string): Promise<string> {
  const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const key = (await text(child.stdout)).trim();
  const [exitCode, signal] = await ended;
  if (exitCode !== 0) throw new Error(`the keyCommand of the profile ended with ${exitCode ?? signal}`);
  if (key === '') throw new Error('the keyCommand of the profile printed nothing');
  return key;
}
