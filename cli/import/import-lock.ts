import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import * as z from 'zod';
import { CommandError, EXIT } from '../exit-code.ts';

/** Says whose the import is. */
const holderSchema = z.strictObject({ pid: z.int(), host: z.string() });

/** How often whoever imports gives a sign, and for how long without one it is taken for dead: it may be of another machine. */
const SIGN_MILLISECONDS = 10_000;
const SILENT_MILLISECONDS = 60_000;

/** Who has just made its file may not have written it yet. */
const WRITTEN_MILLISECONDS = 2_000;

const TRIES = 3;

/**
 * Keeps other processes from the same import until what it returns is called, or this process ends, in whatever way. Throws where
 * one is at it: both would write how far the import is, and which lines were refused.
 */
export async function lockImport(lock: string): Promise<() => Promise<void>> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (await wasTaken(lock)) {
      // A sign that cannot be given does no harm but that another may come too early.
      const sign = (): unknown => utimes(lock, new Date(), new Date()).catch(() => {});
      const signs = setInterval(sign, SIGN_MILLISECONDS).unref();
      return async () => {
        clearInterval(signs);
        await rm(lock, { force: true });
      };
    }
    await removeIfDead(lock);
  }
  throw new CommandError(`Others begin the same import, as ${lock} says: one is enough.`, EXIT.usage);
}

async function wasTaken(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes what a process has left behind that is no more. Throws where it lives. */
async function removeIfDead(lock: string): Promise<void> {
  const found = await Promise.all([readFile(lock, 'utf8'), stat(lock)]).catch(() => undefined);
  // It has just ended.
  if (found === undefined) return;
  const [text, { mtimeMs }] = found;
  const silent = Date.now() - mtimeMs;
  const holder = holderOf(text);
  const isAlive = holder === undefined ? silent < WRITTEN_MILLISECONDS : silent < SILENT_MILLISECONDS && runs(holder);
  if (isAlive) {
    const who = holder === undefined ? 'another process' : `process ${holder.pid} of ${holder.host}`;
    throw new CommandError(`The file is being imported by ${who}: wait for that, or end it.`, EXIT.usage);
  }
  await rm(lock, { force: true });
}

function holderOf(text: string): z.infer<typeof holderSchema> | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Says whether a process is there, as far as this machine can tell. */
function runs({ pid, host }: z.infer<typeof holderSchema>): boolean {
  if (host !== hostname()) return true;
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
