import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from '../cli/context-option.ts';
import { createKey } from '../cli/keys.ts';
import { DynamoAccessStore } from '../functions/adapters/dynamo/access-store.ts';
import { parseTenantId } from '../functions/core/task/ids.ts';
import { hashAccessKey, SCOPES } from '../functions/core/tenant/access-key.ts';
import { apiUrl } from './api-url.ts';
import { type AwsTarget, localTarget } from './aws-target.ts';
import type { StackOutputs } from './cdk.ts';
import { LOCAL_TENANT, localContext, shippedContext } from './context.ts';
import { deployStacks } from './deployment.ts';
import { readIdentity, writeIdentity } from './identity.ts';
import { type MiniStack, savedState, startMiniStack } from './ministack.ts';
import { type Progress, quietProgress } from './progress.ts';

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
  /** Ends what is running and makes `startLocalStack` throw. */
  readonly signal?: AbortSignal;
};

export type LocalStack = {
  /** The URL of the API has no slash at its end: `${url}/api/tasks`. */
  readonly url: string;
  /** The key is of the tenant `local`, with every scope. */
  readonly apiKey: string;
  readonly awsEndpoint: string;
  readonly region: string;
  /** The process id of MiniStack, where it was started. */
  readonly pid: number | undefined;
  readonly outputs: StackOutputs;
  /** Fulfilled when MiniStack has ended, by itself or stopped; never where another endpoint is used. */
  readonly ended: MiniStack['ended'];
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
      const settings = { directory, serverScript: options.serverScript, signal };
      server = await progress.step('Starting MiniStack', () => startMiniStack(ports, settings));
      options.onServer?.(server.pid);
    }
    const target = options.target ?? localTarget(server?.endpoint ?? '');
    const outputs = await deployStacks(
      { target, directory: stateDirectory, signal },
      { context, app: options.app, environment: server && MINISTACK_ENVIRONMENT },
      progress,
    );
    await grantEverything(target, outputOf(outputs, 'AccessTableName'), identity.apiKey);
    await server?.keep();
    const api = { ApiId: outputOf(outputs, 'ApiId'), ApiUrl: outputOf(outputs, 'ApiUrl') };
    const url = await progress.step('Calling the API', () => apiUrl(target.endpoint, api, signal));
    await writeIdentity(stateDirectory, { ...identity, ...(server && { port: server.options.port }) });
    return running(server, {
      url,
      apiKey: identity.apiKey,
      awsEndpoint: target.endpoint,
      region: target.region,
      outputs,
    });
  } catch (error) {
    server?.kill();
    await server?.ended;
    throw signal.aborted ? signal.reason : error;
  }
}

/** Finds an output of the first Millrace of an app, whichever stack it is in: where others are, its name begins with the construct's. */
const outputOf = (outputs: StackOutputs, name: string): string | undefined =>
  Object.values(outputs)
    .flatMap((ofStack) => Object.entries(ofStack))
    .find(([key]) => key.endsWith(name))?.[1];

const running = (
  server: MiniStack | undefined,
  facts: Pick<LocalStack, 'url' | 'apiKey' | 'awsEndpoint' | 'region' | 'outputs'>,
) => ({
  ...facts,
  pid: server?.pid,
  ended: server?.ended ?? new Promise<never>(() => {}),
  stop: async () => (await server?.stop()) ?? true,
  kill: () => server?.kill(),
});

/** Grants the local key every scope, unless the state of an earlier run has it so. */
async function grantEverything(target: AwsTarget, accessTable: string | undefined, apiKey: string): Promise<void> {
  const tenantId = parseTenantId(LOCAL_TENANT);
  if (accessTable === undefined || tenantId === undefined)
    throw new Error('No stack of the app has an output AccessTableName: does it have a Millrace?');
  const store = new DynamoAccessStore(new DynamoDBClient(target.client), accessTable);
  const found = await store.find(hashAccessKey(apiKey));
  if (SCOPES.every((scope) => found?.scopes.includes(scope))) return;
  await createKey(store, { tenantId, scopes: SCOPES, name: 'local run' }, apiKey);
}
