import { CfnResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { ConfigError } from './config-error.ts';

/** CloudFormation takes no more resources in a stack ("CloudFormation quotas"). */
const MOST_RESOURCES = 500;

/** The CDK holds to another limit, or with 0 to none, where an app's context has this. */
const LIMIT_CONTEXT = '@aws-cdk/core:stackResourceLimit';

/** Has a synth refuse more resources in the stack of a construct than that may have, and say what takes them, and what mends it. */
export function limitResources(millrace: Construct): void {
  millrace.node.addValidation({
    validate: () => {
      checkResources(millrace);
      return [];
    },
  });
}

function checkResources(millrace: Construct): void {
  const stack = Stack.of(millrace);
  const most: unknown = millrace.node.tryGetContext(LIMIT_CONTEXT) ?? MOST_RESOURCES;
  const all = resourcesIn(stack, stack);
  if (!(Number(most) > 0) || all <= Number(most)) return;
  throw new ConfigError(
    `the stack ${stack.node.path} has ${all} resources, ${resourcesIn(millrace, stack)} of them of ${millrace.node.path}, and ` +
      `CloudFormation takes ${most} in a stack: make it in a stack of its own, or in the App or Stage (new Millrace(app, ...)), where it ` +
      'has four; or let its task types ask for fewer resource classes, and these for fewer shards',
  );
}

const resourcesIn = (scope: Construct, stack: Stack): number =>
  scope.node.findAll().filter((one) => CfnResource.isCfnResource(one) && one.stack === stack).length;
