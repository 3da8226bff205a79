import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LambdaClient, UpdateFunctionCodeCommand } from '@aws-sdk/client-lambda';
import { build, type Plugin } from 'esbuild';
import { inject } from 'vitest';
import { DOOR_BUILD, filesOf } from '../../lib/constructs/door-build.ts';
import { awsClient } from '../doubles/aws-client.ts';

const root = join(import.meta.dirname, '../..');
const PROBES = join(root, 'test/doubles/probe-tasks.ts');
const lambda = new LambdaClient(awsClient);

/** The functions that know task types, by the door that each runs. */
const FUNCTIONS = {
  router: ['millrace-router'],
  executor: ['millrace-executor-default-0', 'millrace-executor-default-1'],
} as const;
type Door = keyof typeof FUNCTIONS;

/**
 * Gives the stack under test the task types of `test/doubles/probe-tasks.ts` in place of the deployment's; nothing else of its
 * code is another. Returns how to give it its own again.
 */
export async function deployProbes(): Promise<() => Promise<void>> {
  for (const door of ['router', 'executor'] as const) await deploy(door, await zipped(await bundled(door)));
  return async () => {
    for (const door of ['router', 'executor'] as const) await deploy(door, await zipOf(await ownBundle(door)));
  };
}

async function deploy(door: Door, ZipFile: Uint8Array): Promise<void> {
  for (const FunctionName of FUNCTIONS[door])
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
}

const withProbes: Plugin = {
  name: 'probes',
  setup: ({ onResolve }) => onResolve({ filter: /\/tasks\/index\.ts$/ }, () => ({ path: PROBES })),
};

async function bundled(door: Door) {
  const files = door === 'executor' ? ['index.ts', 'thread.ts'] : ['index.ts'];
  const built = await build({
    ...DOOR_BUILD,
    entryPoints: files.map((file) => join(root, 'functions', door, file)),
    outdir: join(root, 'dist', door),
    plugins: [withProbes],
  });
  return filesOf(built);
}

async function zipped(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-probes-'));
  for (const [path, contents] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), contents);
  }
  const zip = await zipOf(directory);
  await rm(directory, { recursive: true });
  return zip;
}

async function zipOf(directory: string): Promise<Uint8Array> {
  const target = await mkdtemp(join(tmpdir(), 'millrace-zip-'));
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  await promisify(execFile)('python3', ['-m', 'zipfile', '-c', join(target, 'code.zip'), ...paths]);
  const zip = await readFile(join(target, 'code.zip'));
  await rm(target, { recursive: true });
  return zip;
}

/** Where the synth of the stack under test has put the bundle of a door. */
async function ownBundle(door: Door): Promise<string> {
  const { assembly } = inject('stack');
  const manifest = JSON.parse(await readFile(join(assembly, `millrace-${STACKS[door]}.assets.json`), 'utf8'));
  const sources = Object.values(manifest.files as Record<string, { displayName?: string; source: { path: string } }>);
  return join(assembly, sources.find(({ displayName = '' }) => NAMES[door].test(displayName))?.source.path ?? '');
}
const STACKS: Readonly<Record<Door, string>> = { router: 'api', executor: 'execution' };
const NAMES: Readonly<Record<Door, RegExp>> = { router: /^Router\/Code/, executor: /Executor\/Code/ };
