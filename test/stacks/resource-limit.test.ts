import { App, CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../lib/config-error.ts';
import { Millrace } from '../../lib/millrace.ts';
import { limitResources } from '../../lib/resource-limit.ts';

let apps = 0;
const stackIn = (context = {}): Stack =>
  new Stack(new App({ context, outdir: `cdk.out/resource-limit-${apps++}` }), 'Shop');

/** Makes a construct with so many resources, which is held to the limit of its stack. */
function limited(stack: Construct, count: number): void {
  const tasks = new Construct(stack, 'Tasks');
  for (let place = 0; place < count; place++) new CfnResource(tasks, `Topic${place}`, { type: 'AWS::SNS::Topic' });
  limitResources(tasks);
}

/** Returns what a synth says of a stack. */
function told(stack: Stack): string {
  process.env.CDK_VALIDATION = 'false';
  try {
    (stack.node.root as App).synth();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('a stack that has more resources than CloudFormation takes', () => {
  test('is refused where it is of two deployments, with what mends it', () => {
    const stack = stackIn();
    for (const name of ['Tasks', 'Mails']) new Millrace(stack, name, { tasks: 'tasks', preset: 'dev' });
    expect(told(stack)).toMatch(
      /^the stack Shop has \d{3} resources, \d{3} of them of Shop\/Tasks, and CloudFormation takes 500 in a stack: make it in a stack of its own, or in the App or Stage .*fewer resource classes/,
    );
  });

  test('is refused for what a team adds to it later', () => {
    const stack = stackIn();
    limited(stack, 500);
    new CfnResource(stack, 'Own', { type: 'AWS::SNS::Topic' });
    expect(told(stack)).toContain('the stack Shop has 501 resources, 500 of them of Shop/Tasks');
  });

  test('is refused where it is nested in another, by its path', () => {
    const nested = new NestedStack(stackIn(), 'Nested');
    limited(nested, 501);
    expect(told(nested)).toContain('the stack Shop/Nested has 501 resources, 501 of them of Shop/Nested/Tasks');
  });

  test('is one by the limit that the app has, if any', () => {
    const [narrow, endless] = [10, 0].map((limit) => stackIn({ '@aws-cdk/core:stackResourceLimit': limit }));
    for (const stack of [narrow, endless]) limited(stack as Stack, 501);
    expect(told(narrow as Stack)).toContain('CloudFormation takes 10 in a stack');
    expect(told(endless as Stack)).toBe('');
  });
});

test('a stack has room for 500 resources, without those of the stacks that are nested in it', () => {
  const stack = stackIn();
  limited(stack, 499);
  limited(new NestedStack(stack, 'Nested'), 500);
  expect(told(stack)).toBe('');
});
