import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../cli/context-option.ts';
import { type AwsTarget, localTarget } from './aws-target.ts';
import type { StackOutputs } from './cdk.ts';
import { localContext, shippedContext } from './context.ts';
import { deployStacks } from './deployment.ts';
import { readIdentity, writeIdentity } from './identity.ts';
import { type LocalMillrace, millracesOf, openMillraces } from './millraces.ts';
import { type FunctionLog, type MiniStack, savedState, startMiniStack } from './ministack.ts';
import { type Progress, quietProgress } from './progress.ts';
import type { WatchedApp } from './watch/watch-app.ts';

export type LocalStackOptions = {
  /** Absolute; everything that the run writes. The next run on it goes on with its state: tasks, keys, addresses. */
  readonly stateDirectory: string;
  /** The port to try first. */
  readonly port?: number;
  /** The context is as `-c` of `cdk deploy` takes it; it is laid over `cdk.json` and the preset `dev`. */
  readonly context?: Context;
  /** The command that is to be synthesized in place of the app of `cdk.json`. */
  readonly app?: string;
  /** Somewhere that speaks AWS, to be used instead of starting MiniStack. */
  readonly target?: AwsTarget | undefined;
  /** What runs MiniStack in place of our own script, and in the end runs that. */
  readonly serverScript?: string;
  readonly progress?: Progress;
  /** Hears the process id of MiniStack as soon as it runs. */
  readonly onServer?: (pid: number) => void;
  /** Hears each line that a function logs, at once. Only with MiniStack. */
  readonly onLog?: (log: FunctionLog) => void;
  /** Ends what is running and makes `startLocalStack` throw. */
  readonly signal?: AbortSignal;
};

export type LocalStack = {
  readonly millraces: readonly LocalMillrace[];
  /** The URL of the first of them. */
  readonly url: string;
  /** The key is of the tenant `local`, with every scope; each Millrace takes it. */
  readonly apiKey: string;
  readonly awsEndpoint: string;
  readonly region: string;
  /** The process id of MiniStack, where it was started. */
  readonly pid: number | undefined;
  readonly outputs: StackOutputs;
  /** Fulfilled when MiniStack has ended, by itself or stopped; never where another endpoint is used. */
  readonly ended: MiniStack['ended'];
  /**
   * Keeps what runs at the files of the app until the signal of the start is aborted; tells of Millraces that are others after a
   * deploy. Only with MiniStack: the code of another cloud may be shared.
   */
  readonly watch: ((onMillraces: (millraces: readonly LocalMillrace[]) => Promise<void>) => Promise<void>) | undefined;
  /** Saves the state and ends every process. `false` if the state could not be saved. */
  stop(): Promise<boolean>;
  /** Ends every process at once; the state stays that of the last stop. */
  kill(): void;
};

const MINISTACK_ENVIRONMENT = 'aws://000000000000/us-east-1';
const PORTS = Array.from({ length: 20 }, (_, offset) => 4566 + offset);
/** With MiniStack, tasks may call these too: they run beside what is developed together with them. */
const LOOPBACK = ['localhost', '127.0.0.1'];

/** Deploys the project's stacks to a cloud on this machine. When it throws, nothing of it is left running. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { stateDirectory, progress = quietProgress } = options;
  const signal = options.signal ?? new AbortController().signal;
  await mkdir(stateDirectory, { recursive: true });
  // Inputs and outputs of tasks are nobody else's on this machine.
  await chmod(stateDirectory, 0o700);
  const identity = await readIdentity(stateDirectory);
  const loopback = options.target === undefined ? LOOPBACK : [];
  const { context, differences } = localContext(await shippedContext(), options.context ?? {}, loopback);
  for (const sentence of differences) progress.note(sentence);
  let server: MiniStack | undefined;
  try {
    if (options.target === undefined) {
      const ports = [options.port, identity.port, ...PORTS].filter((wish) => wish !== undefined);
      const directory = join(stateDirectory, 'cloud');
      if (savedState(directory) === 'incomplete') {
        progress.note('The last run ended before its state was saved: starting with an empty one.');
      }
      const { serverScript, onLog } = options;
      const settings = { directory, serverScript, onLog, signal };
      server = await progress.step('Starting MiniStack', () => startMiniStack(ports, settings));
      options.onServer?.(server.pid);
    }
    const target = options.target ?? localTarget(server?.endpoint ?? '');
    const cdk = { target, directory: stateDirectory, signal };
    const deployment = { context, app: options.app, environment: server && MINISTACK_ENVIRONMENT };
    const since = Date.now();
    const outputs = await deployStacks(cdk, deployment, progress);
    const open = async (now: StackOutputs): Promise<LocalMillrace[]> => {
      const deployed = millracesOf(now);
      await server?.keep(deployed[0]?.apiId);
      return openMillraces(target, deployed, identity.apiKey, signal);
    };
    const millraces = await progress.step('Calling the API', () => open(outputs));
    const [first] = millraces;
    if (first === undefined) throw new Error('No stack of the app has the outputs of a Millrace: does it have one?');
    await writeIdentity(stateDirectory, { ...identity, ...(server && { port: server.options.port }) });
    return {
      millraces,
      url: first.url,
      apiKey: identity.apiKey,
      awsEndpoint: target.endpoint,
      region: target.region,
      outputs,
      watch: server && watchOf({ server, cdk, deployment, since, progress }, open),
      pid: server?.pid,
      ended: server?.ended ?? new Promise<never>(() => {}),
      stop: async () => (await server?.stop()) ?? true,
      kill: () => server?.kill(),
    };
  } catch (error) {
    server?.kill();
    await server?.ended;
    throw signal.aborted ? signal.reason : error;
  }
}

/** What a watch takes is loaded with it: whoever only starts a stack does not wait for that. */
const watchOf =
  (
    app: Omit<WatchedApp, 'onDeployed'>,
    open: (outputs: StackOutputs) => Promise<LocalMillrace[]>,
  ): LocalStack['watch'] =>
  async (onMillraces) => {
    const { watchApp } = await import('./watch/watch-app.ts');
    await watchApp({ ...app, onDeployed: async (outputs) => onMillraces(await open(outputs)) });
  };
