import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localTarget } from '../../local/aws-target.ts';
import { startLocalStack } from '../../local/local-stack.ts';
import { streamProgress } from '../../local/progress.ts';
import { onStopRequest, StopRequest } from '../../local/stop-request.ts';

/** The stack that is measured. */
export type Target = {
  /** Of the API, without a slash at its end. */
  readonly url: string;
  readonly key: string;
  /** What only a stack on this machine shows. */
  readonly local: LocalTarget | undefined;
  /** Aborts when the run is to end early. */
  readonly signal: AbortSignal;
};

export type LocalTarget = {
  /** The process whose children the functions are. */
  readonly serverPid: number;
  /** For the SDK's clients. */
  readonly client: ReturnType<typeof localTarget>['client'];
};

/** Never an option: a command line is seen by everyone on the machine, and kept by shells. */
const KEY = 'MILLRACE_API_KEY';

/**
 * Does `work` on the deployed stack at `url`, with the key of the environment, or on a fresh one on this machine, which ends
 * with it. A Ctrl-C ends both.
 */
export async function onTarget<T>(url: string | undefined, work: (target: Target) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  onStopRequest((request, isUrgent) => {
    stop.abort(request);
    if (isUrgent) process.exit(request.exitCode);
  });
  const { signal } = stop;
  if (url !== undefined) return work({ ...deployed(url), local: undefined, signal });
  const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-loadtest-'));
  const progress = streamProgress(process.stderr);
  try {
    const stack = await startLocalStack({ stateDirectory, progress, signal });
    try {
      const { client } = localTarget(stack.awsEndpoint);
      return await work({ url: stack.url, key: stack.apiKey, local: { serverPid: stack.pid ?? 0, client }, signal });
    } finally {
      stack.kill();
      await stack.ended;
    }
  } finally {
    await rm(stateDirectory, { recursive: true, force: true });
  }
}

function deployed(given: string): Pick<Target, 'url' | 'key'> {
  if (!/^https?:/.test(given) || !URL.canParse(given)) {
    throw new Error(
      `--url is "${given}", which is no address such as https://abc123.execute-api.eu-west-1.amazonaws.com.`,
    );
  }
  const key = process.env[KEY];
  if (!key)
    throw new Error(`Put a key of that deployment, with the scopes submit and read, into the environment: ${KEY}.`);
  return { url: given.replace(/\/+$/, ''), key };
}

/** Runs a measurement to its end, and the process with it; says what went wrong in a sentence. */
export async function runToEnd(measurement: () => Promise<void>): Promise<never> {
  try {
    await measurement();
  } catch (error) {
    if (error instanceof StopRequest) process.exit(error.exitCode);
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  process.exit();
}
