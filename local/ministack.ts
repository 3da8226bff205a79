import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { cleanEnvironment } from './clean-environment.ts';
import { freePort, HOST } from './free-port.ts';
import { type ProcessGroup, signalGroup, startGroup } from './process-group.ts';
import { hasVenv, MINISTACK } from './python-venvs.mjs';

/** Its Python, as `local/install.mjs` makes it. */
const PYTHON = join(MINISTACK.venv, 'bin/python');
export const SERVER_SCRIPT = join(import.meta.dirname, 'ministack-server.py');
/** The packages among which the SDK is. */
const PACKAGES = join(dirname(createRequire(import.meta.url).resolve('@aws-sdk/client-s3/package.json')), '../..');

export type MiniStackOptions = {
  /** Everything that MiniStack writes, for this run and the next. */
  readonly directory: string;
  readonly port: number;
  /** What is run in place of `SERVER_SCRIPT`, and runs it: a measurement may count what is asked of the server. */
  readonly serverScript?: string | undefined;
  /** Hears each line that a function logs, at once. */
  readonly onLog?: ((log: FunctionLog) => void) | undefined;
  readonly signal: AbortSignal;
};

const functionLogSchema = z.object({ function: z.string(), line: z.string() });
export type FunctionLog = z.infer<typeof functionLogSchema>;

export type MiniStack = {
  readonly options: MiniStackOptions;
  readonly endpoint: string;
  readonly pid: number;
  /** Fulfilled when the server has ended, by itself or stopped. */
  readonly ended: ProcessGroup['ended'];
  /** Until the next `keep`, functions are held to nothing, as a deploy needs it. */
  beginDeploy(): Promise<void>;
  /**
   * From now on, functions have only their bundles and what their roles grant, and whatever ends this server saves its state first.
   * An HTTP API that is named is served at the root.
   */
  keep(apiId?: string): Promise<void>;
  /** Ends the server and its workers. `false` if there was a state to keep and it could not be saved. */
  stop(): Promise<boolean>;
  /** Ends them at once; the state is that of the last stop. */
  kill(): void;
};

const START_SECONDS = 60;
/** A server with much to save needs long; it is killed after this, and its state is lost. */
const SAVE_SECONDS = 60;

/** What `directory` keeps of the last run: nothing, a state to go on with, or half a state. */
export function savedState(directory: string): 'none' | 'complete' | 'incomplete' {
  if (existsSync(join(directory, 'saved'))) return 'complete';
  return existsSync(join(directory, 'state')) ? 'incomplete' : 'none';
}

const SCRATCH = join(tmpdir(), 'millrace-');
/** Says where the functions' own files are. */
const scratchFile = (directory: string): string => join(directory, 'scratch');

/** A run that is killed with its server leaves them. */
async function removeScratch(directory: string): Promise<void> {
  const left = await readFile(scratchFile(directory), 'utf8').catch(() => '');
  if (left.startsWith(SCRATCH)) await rm(left, { recursive: true, force: true });
}

const savedAt = (directory: string): number | undefined =>
  statSync(join(directory, 'saved'), { throwIfNoEntry: false })?.mtimeMs;

/**
 * Starts MiniStack on the state of its directory, and waits until it answers: on the first of some ports that is free, and on
 * another where someone takes that while it starts.
 */
export async function startMiniStack(
  ports: readonly number[],
  options: Omit<MiniStackOptions, 'port'>,
): Promise<MiniStack> {
  for (;;) {
    const port = await freePort(ports);
    try {
      return await startOn({ ...options, port });
    } catch (error) {
      if ((await freePort([port])) === port) throw error;
    }
  }
}

async function startOn(options: MiniStackOptions): Promise<MiniStack> {
  const { directory, port, serverScript = SERVER_SCRIPT, onLog, signal } = options;
  if (!hasVenv(MINISTACK))
    throw new Error('MiniStack is not installed as its requirements.txt says: run `npm start`, which installs it.');
  await removeScratch(directory);
  if (savedState(directory) !== 'complete') await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  // Functions run in here. It must lie outside of the project, or they would see its package.json and node_modules.
  const temporary = await mkdtemp(SCRATCH);
  await writeFile(scratchFile(directory), temporary);

  const logFile = join(directory, 'ministack.log');
  const group = startGroup(PYTHON, [serverScript, directory, ...(onLog ? ['logs'] : [])], {
    env: serverEnvironment(options, temporary),
    logFile,
    ...(onLog && { onLine: (line) => onLog(functionLogSchema.parse(JSON.parse(line))) }),
  });
  const { child } = group;
  const ended = group.ended.finally(() => rm(temporary, { recursive: true, force: true }));
  let isKept = false;
  const startup = () => AbortSignal.any([signal, AbortSignal.timeout(START_SECONDS * 1000)]);
  const command = async (line: string, auth: 'disabled' | 'enabled') => {
    child.stdin?.write(`${line}\n`);
    await answering(child.pid, `${server.endpoint}/_ministack/health`, `"auth": "${auth}"`, startup());
  };
  const server: MiniStack = {
    options,
    endpoint: `http://${HOST}:${port}`,
    pid: child.pid ?? 0,
    ended,
    beginDeploy: () => command('deploy', 'disabled'),
    keep(apiId = '') {
      isKept = true;
      return command(`keep ${apiId}`, 'enabled');
    },
    async stop() {
      const before = savedAt(directory);
      child.stdin?.end();
      await Promise.race([ended, sleep(SAVE_SECONDS * 1000, undefined, { ref: false })]);
      signalGroup(child, 'SIGKILL');
      await ended;
      return !isKept || savedAt(directory) !== before;
    },
    kill: () => signalGroup(child, 'SIGKILL'),
  };
  try {
    const failure = ended.then(() => Promise.reject(new Error(`MiniStack ended while it started; see ${logFile}.`)));
    await Promise.race([failure, answering(child.pid, `${server.endpoint}/_ministack/ready`, '', startup())]);
    return server;
  } catch (error) {
    server.kill();
    throw error;
  }
}

/** Waits until a server answers a path, with such a text. What another says is no answer: it may have its port. */
async function answering(pid: number | undefined, url: string, text: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(url, { signal }).catch(() => undefined);
    const isIts = answer?.headers.get('millrace-process') === String(pid);
    if (isIts && answer?.ok === true && (await answer.text()).includes(text)) return;
    await sleep(50);
  }
}

/** The server's settings. Its functions inherit them all, so there is nothing here that would change what they do. */
function serverEnvironment({ directory, port }: MiniStackOptions, temporary: string) {
  return {
    ...cleanEnvironment(temporary, temporary),
    // By default it listens on every interface, and for MQTT on 8883.
    BIND_HOST: HOST,
    GATEWAY_PORT: String(port),
    IOT_MTLS_ENABLED: '0',
    // For custom resources of the CDK, which a deploy calls: the SDK of Lambda's own runtime. No other function sees it.
    NODE_PATH: PACKAGES,
    PERSIST_STATE: '1',
    STATE_DIR: join(directory, 'state'),
    S3_PERSIST: '1',
    S3_DATA_DIR: join(directory, 's3'),
    // Lambda sets this; without it the tracer believes that it is somewhere else and does nothing.
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LOG_LEVEL: 'WARNING',
  };
}
