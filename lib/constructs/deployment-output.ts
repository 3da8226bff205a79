import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Tells whoever deploys a value of a part of Millrace: as `ApiUrl` in a stack of the part's own, and in a stack that it shares
 * with others by the path of its `Millrace`, as `TasksApiUrl`.
 */
export function addOutput(part: Construct, name: string, value: string): void {
  const output = new CfnOutput(part, name, { value });
  const above = part.node.scopes.slice(Stack.of(part).node.scopes.length, -1).map(({ node }) => node.id);
  output.overrideLogicalId([...above, name].join('').replaceAll(/[^A-Za-z0-9]/g, ''));
}
