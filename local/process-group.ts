import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

export type GroupOptions = {
  readonly cwd?: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes stdout and stderr; begun anew. */
  readonly logFile: string;
  /** Hears each line that the command writes to its file descriptor 3; not what is left of one when it is killed. */
  readonly onLine?: (line: string) => void;
};

export type ProcessGroup = {
  readonly child: ChildProcess;
  /** Fulfilled when the leader has ended; nothing of its group is left then. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
};

/**
 * Starts a command as the leader of a process group of its own: a Ctrl-C at the terminal does not reach it, and what it
 * starts ends with it.
 */
export function startGroup(command: string, args: readonly string[], options: GroupOptions): ProcessGroup {
  const { cwd, env, onLine } = options;
  const log = openSync(options.logFile, 'w');
  const lines = onLine === undefined ? [] : (['pipe'] as const);
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', log, log, ...lines], detached: true });
  if (onLine !== undefined) hearLines(child.stdio[3] as Readable, onLine);
  closeSync(log);
  child.stdin?.on('error', () => {}); // it may be gone by the time that it is told to go
  const ended: ProcessGroup['ended'] = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      signalGroup(child, 'SIGKILL');
      resolve({ code, signal });
    });
  });
  ended.catch(() => {}); // whoever waits for it hears of it
  return { child, ended };
}

function hearLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/** Sends a signal to every process of a group; one that is gone already is no error. */
export function signalGroup({ pid }: { readonly pid?: number | undefined }, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}

/** Tells that a command failed; the message has the end of its output. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

export type RunOptions = GroupOptions & {
  /** What the command does, for its errors: `cdk deploy`. */
  readonly name: string;
  readonly timeLimitSeconds: number;
  readonly signal: AbortSignal;
};

/** Runs a command, and kills its group when stdin ends: when we are gone, however suddenly. */
const LEASH = 'exec 3<&0; (cat <&3 >/dev/null; kill -KILL 0) & exec "$@" 3<&- </dev/null';
const LINES_SHOWN = 40;
const TERMINATION_SECONDS = 3;

/** Runs a command to its end. Throws `CommandFailure`; ends the whole group on abort and after the limit. */
export async function runProcess(command: string, args: readonly string[], options: RunOptions): Promise<void> {
  options.signal.throwIfAborted();
  const { child, ended } = startGroup('/bin/sh', ['-c', LEASH, 'sh', command, ...args], options);
  const limit = AbortSignal.timeout(options.timeLimitSeconds * 1000);
  const stop = AbortSignal.any([options.signal, limit]);
  const stopped = () => void terminate(child, ended);
  stop.addEventListener('abort', stopped, { once: true });
  const { code } = await ended.finally(() => stop.removeEventListener('abort', stopped));
  options.signal.throwIfAborted();
  if (code === 0) return;
  const what = limit.aborted ? `took longer than ${options.timeLimitSeconds} s` : `failed (exit code ${code})`;
  const output = readFileSync(options.logFile, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
  throw new CommandFailure(
    `${options.name} ${what}. The end of its output (all of it: ${options.logFile}):\n\n${output}`,
  );
}

/** Ends a group: first politely, then for good. */
async function terminate(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  await Promise.race([ended, sleep(TERMINATION_SECONDS * 1000, undefined, { ref: false })]);
  signalGroup(child, 'SIGKILL');
}
