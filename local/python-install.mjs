// Makes the virtual environments of Python. A clone does so before it has any package, so this is plain JavaScript, imports only
// Node, and parses on every Node from 18 on.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hasVenv, MINISTACK, stampVenv } from './python-venvs.mjs';

const TICK_MS = 10_000;

export const DISK_FULL =
  'The disk is full: the installation needs about 1 GB for its packages and the caches of npm and pip.';

/** Tells what the user has to do; the message is all that there is to say. */
export class Refusal extends Error {}

/** Finds the first Python that can make the environment. */
export function findPython() {
  const check = 'import sys; assert sys.version_info >= (3, 10); import venv, ensurepip';
  const found = ['python3', 'python'].find((name) => spawnSync(name, ['-c', check]).status === 0);
  if (found !== undefined) return found;
  const version = spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  const isRecent = spawnSync('python3', ['-c', check.split(';', 2).join(';')]).status === 0;
  if (isRecent)
    throw new Refusal(`${version} lacks the venv module: install it (Debian, Ubuntu: apt install python3-venv).`);
  const what = version ? `this machine's python3 is ${version}` : 'there is no python3';
  throw new Refusal(
    `Millrace needs Python 3.10 or newer to run a cloud on this machine, and ${what}: install one from https://www.python.org.`,
  );
}

export async function installVenv(python, which, signal) {
  const { venv, requirements } = which;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(dirname(venv), { recursive: true });
  await run(python, ['-m', 'venv', venv], signal);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  await run(join(venv, 'bin/python'), [...pip, '--requirement', requirements], signal);
  stampVenv(which);
}

/** Runs a command as the leader of a process group, so that an interruption ends all that it has started. */
export function run(command, args, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {} // it is gone already
    };
    signal.addEventListener('abort', kill, { once: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) return reject(signal.reason);
      if (code === 0) return resolve();
      if (/ENOSPC|no space left on device/i.test(output) || isDiskFull()) return reject(new Refusal(DISK_FULL));
      reject(new Refusal(`\`${[command, ...args].join(' ')}\` failed (exit code ${code}):\n${output.trimEnd()}`));
    });
  });
}

/** Some of what npm and Python start keeps its reason to itself. */
function isDiskFull() {
  return [process.cwd(), dirname(MINISTACK.venv)].filter(existsSync).some((path) => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize < 20_000_000;
  });
}

export async function step(label, work) {
  const since = Date.now();
  const seconds = (digits) => ((Date.now() - since) / 1000).toFixed(digits);
  console.error(`  … ${label}`);
  const timer = setInterval(() => console.error(`  … ${label} (${seconds(0)} s)`), TICK_MS);
  try {
    await work();
    console.error(`  ✓ ${label} (${seconds(1)} s)`);
  } finally {
    clearInterval(timer);
  }
}

/** Installs MiniStack below the app's directory, unless it is there as its requirements say. */
export async function installMiniStack(signal) {
  if (hasVenv(MINISTACK)) return;
  const python = findPython();
  await step('Installing MiniStack (Python)', () => installVenv(python, MINISTACK, signal));
}
