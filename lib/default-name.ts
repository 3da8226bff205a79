import { createHash } from 'node:crypto';
import { Stack, Stage } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

const MAX_LENGTH = 31;
const HASH_LENGTH = 8;

/**
 * Returns the name of a deployment that was given none: `millrace` in an app, and where others may stand beside it what is its
 * own, of the stack or stage that it is in.
 */
export function defaultNameOf(construct: Construct): string {
  const stack = outermostStackOf(construct);
  if (stack !== undefined) {
    const below = construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
    return nameOf([stack.stackName, ...below]);
  }
  const stage = Stage.of(construct);
  return stage?.stageName ? nameOf([stage.stageName, 'millrace']) : 'millrace';
}

/** The name of a nested stack is made up by CloudFormation; that of the stack around it is known. */
const outermostStackOf = (construct: Construct): Stack | undefined =>
  construct.node.scopes.find((scope): scope is Stack => Stack.isStack(scope));

/** Joins parts to a name that every service takes. What is too long is cut, and told apart by a hash. */
function nameOf(parts: readonly string[]): string {
  const words = parts
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-$/g, '');
  if (words.length <= MAX_LENGTH) return words;
  const hash = createHash('sha256').update(parts.join('/')).digest('hex').slice(0, HASH_LENGTH);
  return `${words.slice(0, MAX_LENGTH - HASH_LENGTH - 1).replace(/-$/, '')}-${hash}`;
}
