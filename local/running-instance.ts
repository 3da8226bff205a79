import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const recordSchema = z.object({
  /** This is the process of `npm start`. */
  pid: z.int().positive(),
  /** This is the process of its MiniStack, once that runs. */
  serverPid: z.int().positive().optional(),
  /** The API has this URL, once it answers. */
  url: z.string().optional(),
});

/** What a run says of itself in `.millrace/run.json` while it lives. */
export type RunRecord = z.infer<typeof recordSchema>;

/** The earlier run that a record speaks of: none, one that lives, or one that died, with what it may have left. */
export type EarlierRun =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly url: string | undefined; readonly pid: number }
  | { readonly kind: 'died'; readonly orphan: number | undefined };

/** Part of the command line by which a process is known to be ours: a process id alone may be anyone's by now. */
export type CommandLines = { readonly run: string; readonly server: string };

/**
 * Judges the text of a record. `commandLineOf` gives a process's command line, `undefined` where there is none of that
 * id.
 */
export function earlierRun(
  text: string | undefined,
  expected: CommandLines,
  commandLineOf: (pid: number) => string | undefined,
): EarlierRun {
  if (text === undefined) return { kind: 'none' };
  const record = parsed(text);
  if (record === undefined) return { kind: 'died', orphan: undefined };
  const { pid, serverPid, url } = record;
  if (commandLineOf(pid)?.includes(expected.run) === true) return { kind: 'running', url, pid };
  const orphaned = serverPid !== undefined && commandLineOf(serverPid)?.includes(expected.server) === true;
  return { kind: 'died', orphan: orphaned ? serverPid : undefined };
}

function parsed(text: string): RunRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Returns the command line of a process, arguments joined by spaces. */
export function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // No such process, or no /proc: macOS.
    return spawnSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout || undefined;
  }
}

/** Reads the text of a record; `undefined` where no run has left one. */
export function readRecord(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Claims the record for this run. `false` if another run was faster. */
export function claimRecord(file: string, record: RunRecord): boolean {
  try {
    writeFileSync(file, JSON.stringify(record), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Replaces the record in one step: another run may be reading it. */
export function updateRecord(file: string, record: RunRecord): void {
  writeFileSync(`${file}.new`, JSON.stringify(record));
  renameSync(`${file}.new`, file);
}
