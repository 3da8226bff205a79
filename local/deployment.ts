import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from '../cli/context-option.ts';
import {
  assemblyOf,
  bootstrap,
  type CdkOptions,
  deploy,
  readManifest,
  readStacks,
  readTemplate,
  type StackOutputs,
  synthesize,
} from './cdk.ts';
import { applyDroppedProperties } from './dropped-properties.ts';
import { leaveOut } from './left-out-resources.ts';
import type { Progress } from './progress.ts';
import { pruneAssets } from './prune-assets.ts';

export type DeploymentOptions = {
  readonly context: Context;
  /** What to synthesize in place of the app of `cdk.json`. */
  readonly app: string | undefined;
  /** `aws://<account>/<region>` where it is known before the app is synthesized. */
  readonly environment: string | undefined;
};

/** Bootstraps the account if need be, and brings its stacks to what the project says. */
export async function deployStacks(
  cdk: CdkOptions,
  { context, app, environment }: DeploymentOptions,
  progress: Progress,
): Promise<StackOutputs> {
  const cloudFormation = new CloudFormationClient(cdk.target.client);
  const synthesized = progress.step('Building the stacks', () => synthesize(cdk, context, app));
  const prepared = (async () => {
    if (environment === undefined) await synthesized;
    if (await isBootstrapped(cloudFormation)) return;
    await progress.step('Preparing the account', () => bootstrap(cdk, environment));
  })();
  await Promise.all([synthesized, prepared]);
  return progress.step('Deploying the stacks', () => deploySynthesized(cdk, environment));
}

/** Brings the stacks of an account to what was synthesized last, with what the local cloud would drop of it. */
export async function deploySynthesized(
  cdk: CdkOptions,
  environment: DeploymentOptions['environment'],
): Promise<StackOutputs> {
  const stacks = await readStacks(cdk.directory);
  const assembly = join(cdk.directory, 'cdk.deployed');
  const ids = stacks.map(({ id }) => id);
  await leaveOut(assemblyOf(cdk.directory), assembly, ids);
  const outputs = await deploy(cdk, assembly);
  const clients = {
    cloudFormation: new CloudFormationClient(cdk.target.client),
    dynamo: new DynamoDBClient(cdk.target.client),
    lambda: new LambdaClient(cdk.target.client),
  };
  await Promise.all(
    stacks.map(async (stack) =>
      applyDroppedProperties(clients, stack.stackName, await readTemplate(cdk.directory, stack)),
    ),
  );
  // Another's account may hold what others have deployed.
  if (environment !== undefined) {
    await pruneAssets(cdk.target, await Promise.all(stacks.map((stack) => readManifest(cdk.directory, stack))));
  }
  return outputs;
}

async function isBootstrapped(cloudFormation: CloudFormationClient): Promise<boolean> {
  try {
    const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 'CDKToolkit' }));
    return /^(CREATE|UPDATE)_COMPLETE$/.test(stack?.StackStatus ?? '');
  } catch (error) {
    // CloudFormation answers so for a stack that does not exist.
    if (error instanceof Error && error.name === 'ValidationError') return false;
    throw error;
  }
}
