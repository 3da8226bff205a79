import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  GetFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { type AwsTarget, localTarget } from '../../local/aws-target.ts';
import { freePort } from '../../local/free-port.ts';
import { type LocalStackOptions, startLocalStack } from '../../local/local-stack.ts';
import { bundled } from '../bundled.ts';
import { COUNTING_SERVER, EmulatedCloud, untilAnswering } from './emulated-cloud.ts';
import type { Peer } from './peer.ts';
import { miniStackVersion } from './versions.ts';

const ROOT = join(import.meta.dirname, '../..');
const TASKS = join(import.meta.dirname, 'millrace-tasks.ts');
/** The functions that know task types, and what of a door is bundled for each. */
const FUNCTIONS = {
  'millrace-router': { door: 'router', files: ['index'] },
  'millrace-executor-default-0': { door: 'executor', files: ['index', 'thread'] },
} as const;
const PARTS = {
  '-router': 'door',
  '-authorizer': 'door',
  '-executor': 'worker',
  '-projector': 'projector',
} as const;
/** The tenant of the key that a local stack begins with, and of the one that is made here. */
const TENANT_IDS = { noisy: 'local', quiet: 'quiet' } as const;

/**
 * Deploys Millrace as `npm start` does, with the one task type of the comparison in place of its own. `serverScript` runs a local
 * cloud that counts calls, and maybe more; `context` is configuration over that of `npm start`.
 */
export async function startMillrace(
  signal: AbortSignal,
  { serverScript = COUNTING_SERVER, context = {} }: Pick<LocalStackOptions, 'serverScript' | 'context'> = {},
): Promise<Peer> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-peers-'));
  const stack = await startLocalStack({
    stateDirectory,
    port: await freePort([]),
    serverScript,
    context,
    signal,
  });
  const target = localTarget(stack.awsEndpoint);
  const cloud = new EmulatedCloud(stack.awsEndpoint, stack.pid ?? 0, PARTS);
  const table = stack.outputs['millrace-data']?.TasksTableNames ?? '';
  const stop = async (): Promise<void> => {
    stack.kill();
    await stack.ended;
    await rm(stateDirectory, { recursive: true, force: true });
  };
  try {
    await deployTasks(target, join(stateDirectory, 'code'));
    const quietKey = await createKey(target, TENANT_IDS.quiet);
    await untilAnswering(stack.url, stack.apiKey);
    return {
      name: 'millrace',
      title: 'Millrace',
      setup: [
        'As `npm start` deploys it: preset `dev`, with tracing (1 % of requests, and the first submit of five seconds), metrics, events and statistics on; lanes of 2 to 4 executors that run 10 tasks each.',
        `On MiniStack ${await miniStackVersion()} with the mends of \`local/\`, roles enforced.`,
      ],
      advantage: '',
      exempt: {},
      url: stack.url,
      keys: { noisy: stack.apiKey, quiet: quietKey },
      tasksPerBulk: 1_000,
      killLimitSeconds: 400,
      processes: () => cloud.processes(),
      calls: () => cloud.calls(),
      ended: (ids, tenant) => cloud.ended(table, 'pk', ids, (id) => `${TENANT_IDS[tenant]}#${id}`),
      killWorkers: () => cloud.killWorkers(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deployTasks(target: AwsTarget, directory: string): Promise<void> {
  const lambda = new LambdaClient(target.client);
  for (const [FunctionName, { door, files }] of Object.entries(FUNCTIONS)) {
    const code = join(directory, door);
    await mkdir(code, { recursive: true });
    for (const file of files) await bundled(join(ROOT, 'functions', door, `${file}.ts`), file, code, TASKS);
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await zipped(code) }));
    const { Version: FunctionVersion } = await lambda.send(new PublishVersionCommand({ FunctionName }));
    await lambda.send(new UpdateAliasCommand({ FunctionName, Name: 'live', FunctionVersion }));
    await lambda.send(new GetFunctionCommand({ FunctionName }));
  }
  // Environments that have the code from before answer for a moment.
  await sleep(1_000);
}

async function zipped(directory: string): Promise<Uint8Array> {
  const archive = `${directory}.zip`;
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  await promisify(execFile)('python3', ['-m', 'zipfile', '-c', archive, ...paths]);
  return readFile(archive);
}

/** A key of another tenant, as `npm run keys` makes it. */
async function createKey({ environment }: AwsTarget, tenant: string): Promise<string> {
  const args = ['run', '--silent', 'keys', '--', 'create', '--tenant', tenant, '--scopes', 'submit,read'];
  const options = { cwd: ROOT, env: { ...process.env, ...environment } };
  return (await promisify(execFile)('npm', args, options)).stdout.trim();
}
