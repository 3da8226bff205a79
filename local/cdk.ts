import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AssembledStack, readStacks as readAssembly } from '../cli/cloud-assembly.ts';
import type { Context } from '../cli/context-option.ts';
import type { AwsTarget } from './aws-target.ts';
import { cleanEnvironment, PROJECT } from './clean-environment.ts';
import { runProcess } from './process-group.ts';

export type CdkOptions = {
  readonly target: AwsTarget;
  /** Absolute; takes the cloud assembly, the logs and what the CLI keeps for itself. */
  readonly directory: string;
  readonly signal: AbortSignal;
};

/** Outputs by stack name and output key. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

const LIMIT_SECONDS = { synth: 180, bootstrap: 180, deploy: 300 };
const CONCURRENCY = '3';
const outputsSchema = z.record(z.string(), z.record(z.string(), z.string()));

/** Returns where `synthesize` writes to. */
export const assemblyOf = (directory: string): string => join(directory, 'cdk.out');

/** Reads the template of a stack that `synthesize` has written; unknown JSON. */
export const readTemplate = async (directory: string, { id }: AssembledStack): Promise<unknown> =>
  JSON.parse(await readFile(join(assemblyOf(directory), `${id}.template.json`), 'utf8'));

/** Reads what of a synthesized stack is uploaded before it is deployed; unknown JSON. */
export const readManifest = async (directory: string, { id }: AssembledStack): Promise<unknown> =>
  JSON.parse(await readFile(join(assemblyOf(directory), `${id}.assets.json`), 'utf8'));

/** Reads the stacks of the assembly that `synthesize` has written, without those of stages, which the CLI's `--all` leaves out. */
export async function readStacks(directory: string): Promise<AssembledStack[]> {
  const assembly = assemblyOf(directory);
  return (await readAssembly(assembly)).filter((stack) => stack.directory === assembly);
}

/**
 * Writes the cloud assembly of the project's app, or of what `app` runs in its place. The last one is removed, whose assets
 * nothing else would delete.
 */
export async function synthesize(options: CdkOptions, context: Context, app?: string): Promise<void> {
  await rm(assemblyOf(options.directory), { recursive: true, force: true });
  await mkdir(assemblyOf(options.directory), { recursive: true });
  const pairs = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  const which = app === undefined ? [] : ['--app', app];
  await cdk('synth', ['--quiet', '--output', assemblyOf(options.directory), ...which, ...pairs], options, PROJECT);
}

/**
 * Makes what CDK needs of an account. `environment` is `aws://<account>/<region>`; without it, that of the synthesized
 * stacks. Runs where no app is, because the CLI would synthesize it once more, without its assets.
 */
export async function bootstrap(options: CdkOptions, environment: string | undefined): Promise<void> {
  const which = environment === undefined ? ['--app', assemblyOf(options.directory)] : [environment];
  await cdk('bootstrap', which, options, homeOf(options));
}

/** Deploys all stacks of an assembly, each after those that it builds on. */
export async function deploy(options: CdkOptions, assembly: string): Promise<StackOutputs> {
  const outputsFile = join(options.directory, 'outputs.json');
  await rm(outputsFile, { force: true });
  const how = ['--method', 'direct', '--require-approval', 'never', '--progress', 'events'];
  const speed = ['--concurrency', CONCURRENCY, '--asset-parallelism'];
  const files = ['--app', assembly, '--outputs-file', outputsFile];
  await cdk('deploy', ['--all', ...files, ...how, ...speed], options, homeOf(options));
  return outputsSchema.parse(existsSync(outputsFile) ? JSON.parse(await readFile(outputsFile, 'utf8')) : {});
}

const homeOf = ({ directory }: CdkOptions): string => join(directory, 'home');

async function cdk(
  command: 'synth' | 'bootstrap' | 'deploy',
  args: readonly string[],
  options: CdkOptions,
  cwd: string,
) {
  const home = homeOf(options);
  await mkdir(home, { recursive: true });
  await runProcess('cdk', [command, ...args, '--no-notices', '--no-color'], {
    name: `cdk ${command}`,
    cwd,
    env: {
      ...cleanEnvironment(home, home),
      ...options.target.environment,
      // Packages with native parts have those of this machine, on which functions run.
      MILLRACE_FUNCTION_PLATFORM: `${process.platform}-${process.arch}`,
      CDK_HOME: home,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CDK_DISABLE_VERSION_CHECK: 'true',
      // Checks the templates against CloudFormation's rules, which takes half of a synth: the tests do that.
      CDK_VALIDATION: 'false',
    },
    logFile: join(options.directory, `cdk-${command}.log`),
    timeLimitSeconds: LIMIT_SECONDS[command],
    signal: options.signal,
  });
}
