import { readFileSync } from 'node:fs';
import { commandLineOf } from './running-instance.ts';

/** Why a run shall end, and what a shell expects as exit code of a command that was ended so. */
export class StopRequest extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** npm passes on the Ctrl-C that the terminal has sent to us already; a person needs longer for a second one. */
const ECHO_MS = 700;
const PARENT_CHECK_MS = 500;

/**
 * Listens for Ctrl-C, SIGTERM, a closed terminal and the end of the parent. Calls back on the first, and once more,
 * urgently, when another follows. Keeps the process alive until then.
 */
export function onStopRequest(stop: (request: StopRequest, isUrgent: boolean) => void): void {
  let first: { readonly request: StopRequest; readonly at: number } | undefined;
  const receive = (request: StopRequest) => {
    if (first === undefined) {
      first = { request, at: Date.now() };
      stop(request, false);
    } else if (Date.now() - first.at > ECHO_MS) {
      stop(first.request, true);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => receive(new StopRequest(`stopped by ${signal}`, EXIT_CODES[signal])));
  }
  const isOrphan = orphanCheck();
  const timer = setInterval(() => {
    if (!isOrphan()) return;
    clearInterval(timer);
    receive(new StopRequest('the parent process ended', 1));
  }, PARENT_CHECK_MS);
}

/** Returns a check whether the process that started us is gone. That is npm, behind a shell where the shell did not give way to us. */
function orphanCheck(): () => boolean {
  const parent = process.ppid;
  const isShell = commandLineOf(parent)?.includes('-c node ') === true;
  const grandparent = isShell ? parentOf(parent) : undefined;
  return () => process.ppid !== parent || (grandparent !== undefined && parentOf(parent) !== grandparent);
}

/** Returns the parent of a process; `undefined` elsewhere than on Linux. */
function parentOf(pid: number): number | undefined {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
