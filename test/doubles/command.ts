import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const TERMINAL = join(import.meta.dirname, 'terminal.py');

type How = {
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from its standard input. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
};

/** What a command has printed, and how it has ended. */
export type Ended = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

/** Makes a folder that is there until the test has finished. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Returns an environment with nothing of whoever runs the test in it. */
function cleanEnvironment({ env = {} }: How, folder: string) {
  // Hundreds of runs load the same modules.
  const NODE_COMPILE_CACHE = join(tmpdir(), 'millrace-compile-cache');
  return { PATH: process.env.PATH ?? '', HOME: folder, XDG_CONFIG_HOME: folder, NODE_COMPILE_CACHE, ...env };
}

/** Starts a command of `millrace`, as a script would. */
export function startCommand(args: readonly string[], how: How = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const folder = newFolder();
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: how.cwd ?? folder,
    env: cleanEnvironment(how, folder),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {});
  child.stdin.end(how.input ?? '');
  const printed = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { child, ended: printed.then(([stdout, stderr, [exitCode]]) => ({ exitCode, stdout, stderr })) };
}

/** Runs a command of `millrace`, as a script would. */
export const command = (args: readonly string[], how?: How): Promise<Ended> => startCommand(args, how).ended;

export type Terminal = {
  /** All that the terminal was given. */
  readonly shown: () => string;
  readonly type: (keys: string) => void;
  readonly ended: Promise<number | null>;
};

/** Starts a command of `millrace` in a terminal, as a person would. */
export function startInTerminal(
  args: readonly string[],
  how: How & { columns?: number; rows?: number } = {},
): Terminal {
  const { columns = 80, rows = 24, cwd } = how;
  const folder = newFolder();
  const size = [String(columns), String(rows)];
  const child = spawn('python3', [TERMINAL, ...size, process.execPath, MAIN, ...args], {
    cwd: cwd ?? folder,
    env: { TERM: 'xterm-256color', ...cleanEnvironment(how, folder) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Without its terminal, the command ends, too.
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    shown += part;
  });
  const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  return { shown: () => shown, type: (keys) => child.stdin.write(keys), ended };
}
