import { spawnSync } from 'node:child_process';
import { App, CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime, RuntimeFamily } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { afterEach, describe, expect, test } from 'vitest';
import { Millrace } from '../../lib/millrace.ts';
import { CFN_LINT, CFN_LINT_COMMAND, hasVenv } from '../../local/python-venvs.mjs';
import { JUSTIFIED } from './justified-findings.ts';
import { synthesize } from './synthesis.ts';

/** A finding names its rule, with what it found in brackets, and the path of a resource. */
type Finding = { readonly rule: string; readonly at: string };

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:pager';
const syntheses = [
  await synthesize('dev', { context: { alarmEmail: 'ops@example.com', alarmTopicArn: TOPIC, lambdaInsights: true } }),
  await synthesize('dev'),
  await synthesize('prod'),
  await synthesize('dev', {
    context: { tableCapacity: { provisioned: { minWrites: 5, maxWrites: 2000, minReads: 5, maxReads: 500 } } },
  }),
];

/** Returns what cdk-nag finds in a tree; with what has been acknowledged, if it is to be told that, too. */
const foundIn = (scope: IConstruct, { isAcknowledged = undefined as (() => boolean) | undefined } = {}): Finding[] =>
  [AwsSolutionsChecks, ServerlessChecks].flatMap((Pack) => {
    const pack = Object.assign(new Pack(), isAcknowledged && ({ isAcknowledged } as object));
    return pack
      .validateScope(scope)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, at: constructPath })),
      );
  });

/** Returns all that the constructs of a tree have acknowledged. */
const acknowledgedIn = (scope: IConstruct): (Finding & { readonly resource: IConstruct })[] =>
  scope.node.findAll().flatMap((resource) =>
    resource.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.keys(data))
      .map((id) => ({ rule: id.replace(/^Annotation::/, ''), at: resource.node.path, resource })),
  );

/** The name of a table or bucket is another in each stack: what is acknowledged of it in one form is found in the other. */
const withoutName = ({ rule, at }: Finding): string => `${rule.replace(/::.*\//, '::')} ${at}`;

/** cfn-lint is there once `npm test` has installed it. */
const isInstalled = hasVenv(CFN_LINT);

function rulesOfCfnLint(): string[] {
  const templates = syntheses.flatMap(({ assembly }) =>
    assembly.stacks.map(({ templateFullPath }) => templateFullPath),
  );
  const { stdout, stderr, error } = spawnSync(CFN_LINT_COMMAND, ['--format', 'json', '--', ...templates], {
    encoding: 'utf8',
  });
  if (error !== undefined || stderr !== '') throw error ?? new Error(stderr);
  return JSON.parse(stdout).map(({ Rule }: { Rule: { Id: string } }) => Rule.Id);
}

describe('in the templates of all presets', () => {
  test('cdk-nag finds nothing but what is acknowledged', () => {
    for (const { app } of syntheses) expect(foundIn(app)).toEqual([]);
  });

  test('what is acknowledged is found, and of one resource each', () => {
    const found = new Set(
      syntheses.flatMap(({ app }) => foundIn(app, { isAcknowledged: () => false }).map(withoutName)),
    );
    const acknowledged = syntheses.flatMap(({ app }) => acknowledgedIn(app));
    expect(acknowledged.length).toBeGreaterThan(100);
    const notYet = acknowledged.filter((one) => !found.has(withoutName(one)) && one.rule !== 'AwsSolutions-L1');
    expect(notYet.map(withoutName)).toEqual([]);
    expect(acknowledged.filter(({ resource }) => !CfnResource.isCfnResource(resource))).toEqual([]);
  });

  test('what is acknowledged is told to cdk-nag 2, too', () => {
    for (const { rule, resource } of syntheses.flatMap(({ app }) => acknowledgedIn(app))) {
      const [, id, finding] = /^([^[]+)(?:\[(.*)\])?$/.exec(rule) ?? [];
      const { rules_to_suppress: told } = (resource as CfnResource).getMetadata('cdk_nag');
      expect(told).toContainEqual({
        id,
        reason: expect.stringMatching(/.{10}/),
        ...(finding && { applies_to: expect.arrayContaining([finding]) }),
      });
    }
  });

  test.runIf(isInstalled)('cfn-lint finds nothing but what is justified', { timeout: 120_000 }, () => {
    const rules = new Set(rulesOfCfnLint());
    const justified = JUSTIFIED.filter(({ rule }) => !rule.source.includes('CKV'));
    expect([...rules].filter((id) => !justified.some(({ rule }) => rule.test(id)))).toEqual([]);
    expect(justified.filter(({ rule }) => ![...rules].some((id) => rule.test(id)))).toEqual([]);
  });

  test('cfn-lint is installed by `npm test`', () => {
    if (process.env.npm_lifecycle_event === 'test') expect(isInstalled).toBe(true);
  });
});

describe('in a stack of a team', () => {
  const app = new App({ context: { '@aws-cdk/aws-iam:minimizePolicies': true }, outdir: 'cdk.out/findings' });
  const stack = new Stack(app, 'Shop');
  const vpc = new Vpc(stack, 'Vpc', { natGateways: 1 }) as IVpc;
  const files = new Bucket(stack, 'Files');
  const code = Code.fromInline('exports.handler = async () => {}');
  new LambdaFunction(stack, 'Own', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code });
  const millrace = new Millrace(stack, 'Tasks', {
    tasks: 'tasks',
    preset: 'dev',
    lambdaInsights: true,
    classes: { 'io-intensive': { vpc } },
  });
  const executor = millrace.executor('default');
  files.grantRead(executor);
  executor.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: ['ses:SendEmail'], resources: ['*'] }));
  app.synth();
  const ofMillrace = ({ at }: Finding): boolean => at.startsWith(`${millrace.node.path}/`);
  /** The CDK knows no other way to take a runtime away again. */
  const runtimes = [...Runtime.ALL];
  afterEach(() => {
    Runtime.ALL.splice(0, Infinity, ...runtimes);
  });

  test('cdk-nag finds of Millrace only what the team has granted', () => {
    const granted = foundIn(app).filter(ofMillrace);
    expect(new Set(granted.map(({ at }) => at))).toEqual(
      new Set(executor.executors.map(({ policy }) => `${policy.node.path}/Resource`)),
    );
    const filesId = stack.getLogicalId(files.node.defaultChild as CfnResource);
    expect(granted.map(({ rule }) => rule).toSorted()).toEqual(
      [
        'Action::s3:GetBucket*',
        'Action::s3:GetObject*',
        'Action::s3:List*',
        'Resource::*',
        `Resource::<${filesId}.Arn>/*`,
      ].map((finding) => `AwsSolutions-IAM5[${finding}]`),
    );
  });

  test('cdk-nag finds what is wrong with resources of the team, of the same rules', () => {
    const own = foundIn(app).filter((finding) => !ofMillrace(finding));
    for (const [rule, at] of [
      ['AwsSolutions-S1', 'Shop/Files/Resource'],
      ['Serverless-LambdaDLQ', 'Shop/Own/Resource'],
      ['Serverless-LambdaTracing', 'Shop/Own/Resource'],
    ])
      expect(own).toContainEqual({ rule, at });
  });

  test('a newer Node that the CDK knows is found of the functions of the team alone', () => {
    new Runtime('nodejs98.x', RuntimeFamily.NODEJS);
    const old = foundIn(app).filter(({ rule }) => rule === 'AwsSolutions-L1');
    expect(old).toEqual([{ rule: 'AwsSolutions-L1', at: 'Shop/Own/Resource' }]);
  });
});
