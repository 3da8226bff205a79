import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  GetAliasCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { build } from 'esbuild';
import { DOOR_BUILD, filesOf, TASK_CATALOG } from '../../lib/constructs/door-build.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { call } from '../e2e/api.ts';

const root = join(import.meta.dirname, '../..');
const PROBES = join(root, 'test/doubles/probe-tasks.ts');
const lambda = new LambdaClient(awsClient);

/** These functions know task types, by the door that each runs. */
const FUNCTIONS = {
  router: ['millrace-router'],
  executor: ['millrace-executor-default-0', 'millrace-executor-default-1'],
} as const;

/** The API and the lanes call this one. */
const ALIAS = 'live';

/**
 * Gives the stack under test the task types of `test/doubles/probe-tasks.ts` in place of the deployment's; nothing else of its
 * code is another. Returns how to give it its own again.
 */
export async function deployProbes(): Promise<() => Promise<void>> {
  const before = new Map<string, string>();
  for (const [door, names] of Object.entries(FUNCTIONS)) {
    const ZipFile = await zipped(await bundled(door));
    for (const FunctionName of names) {
      const { FunctionVersion = '' } = await lambda.send(new GetAliasCommand({ FunctionName, Name: ALIAS }));
      before.set(FunctionName, FunctionVersion);
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
      const { Version = '' } = await lambda.send(new PublishVersionCommand({ FunctionName }));
      await pointTo(FunctionName, Version);
    }
  }
  await known('probe');
  return async () => {
    for (const [name, version] of before) await pointTo(name, version);
  };
}

const pointTo = (FunctionName: string, FunctionVersion: string) =>
  lambda.send(new UpdateAliasCommand({ FunctionName, Name: ALIAS, FunctionVersion }));

/** Waits until no environment of the router that has the code from before answers any more. */
async function known(type: string): Promise<void> {
  for (let inTurn = 0, tries = 0; inTurn < 10; tries++) {
    if (tries > 200) throw new Error(`the router does not get to know the task type ${type}`);
    const { status } = await call('GET', `/api/definitions/${type}`);
    inTurn = status === 200 ? inTurn + 1 : 0;
    await sleep(100);
  }
}

async function bundled(door: string) {
  const files = door === 'executor' ? ['index.ts', 'thread.ts'] : ['index.ts'];
  const built = await build({
    ...DOOR_BUILD,
    entryPoints: files.map((file) => join(root, 'functions', door, file)),
    outdir: join(root, 'dist', door),
    alias: { [TASK_CATALOG]: PROBES },
  });
  return filesOf(built);
}

async function zipped(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-probes-'));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), contents);
  }
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  await promisify(execFile)('python3', ['-m', 'zipfile', '-c', join(directory, 'code.zip'), ...paths]);
  const zip = await readFile(join(directory, 'code.zip'));
  await rm(directory, { recursive: true });
  return zip;
}
