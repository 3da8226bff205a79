import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AwsTarget } from './aws-target.ts';
import { BINARIES, cleanEnvironment, PROJECT } from './clean-environment.ts';
import { runCommand } from './process-group.ts';

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

/** Where `synthesize` writes to. */
export const assemblyOf = (directory: string): string => join(directory, 'cdk.out');

/** The template of a stack that `synthesize` has written; unknown JSON. */
export const readTemplate = async (directory: string, stack: string): Promise<unknown> =>
  JSON.parse(await readFile(join(assemblyOf(directory), `${stack}.template.json`), 'utf8'));

/** What of a synthesized stack is uploaded before it is deployed; unknown JSON. */
export const readManifest = async (directory: string, stack: string): Promise<unknown> =>
  JSON.parse(await readFile(join(assemblyOf(directory), `${stack}.assets.json`), 'utf8'));

/** Writes the cloud assembly of the project's app in place of the last one, whose assets nothing else would delete. */
export async function synthesize(options: CdkOptions, context: Readonly<Record<string, string>>): Promise<void> {
  await rm(assemblyOf(options.directory), { recursive: true, force: true });
  await mkdir(assemblyOf(options.directory), { recursive: true });
  const pairs = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]);
  await cdk('synth', ['--quiet', '--output', assemblyOf(options.directory), ...pairs], options, PROJECT);
}

/**
 * Makes what CDK needs of an account. `environment` is `aws://<account>/<region>`; without it, that of the synthesized
 * stacks. Runs where no app is, because the CLI would synthesize it once more, without its assets.
 */
export async function bootstrap(options: CdkOptions, environment: string | undefined): Promise<void> {
  const which = environment === undefined ? ['--app', assemblyOf(options.directory)] : [environment];
  await cdk('bootstrap', which, options, homeOf(options));
}

/** Deploys stacks of an assembly, and nothing that they do not name. */
export async function deploy(options: CdkOptions, assembly: string, stacks: readonly string[]): Promise<StackOutputs> {
  const outputsFile = join(options.directory, 'outputs.json');
  await rm(outputsFile, { force: true });
  const how = ['--method', 'direct', '--require-approval', 'never', '--progress', 'events', '--exclusively'];
  const speed = ['--concurrency', CONCURRENCY, '--asset-parallelism'];
  const files = ['--app', assembly, '--outputs-file', outputsFile];
  await cdk('deploy', [...stacks, ...files, ...how, ...speed], options, homeOf(options));
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
  await runCommand(join(BINARIES, 'cdk'), [command, ...args, '--no-notices', '--no-color'], {
    name: `cdk ${command}`,
    cwd,
    env: {
      ...cleanEnvironment(home, home),
      ...options.target.environment,
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
