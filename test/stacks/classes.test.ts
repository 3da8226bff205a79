import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
// The CDK's types are at odds with `exactOptionalPropertyTypes` only.
import { type IVpc, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import type { ClassProps } from '../../lib/class-props.ts';
import { Millrace } from '../../lib/millrace.ts';
import type { MillraceProps } from '../../lib/millrace-props.ts';

process.env.CDK_VALIDATION = 'false';
const outdir = 'cdk.out/classes';
const app = new App({ outdir });
const stack = new Stack(app, 'Shop');
const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1 }) as IVpc;
const database = new SecurityGroup(stack, 'Database', { vpc });
const stripe = new Secret(stack, 'Stripe') as ISecret;
const other = new Secret(stack, 'Other') as ISecret;
const key = StringParameter.fromSecureStringParameterAttributes(stack, 'Key', { parameterName: '/shop/key' });
const reports: ClassProps = {
  memoryMb: 2048,
  timeoutSeconds: 600,
  concurrency: 4,
  ephemeralStorageMb: 1024,
  shards: 2,
  environment: { TABLE: 'orders' },
  secrets: { STRIPE: stripe, KEY: key },
  vpc,
};
const props: MillraceProps = { tasks: 'test/doubles/team-tasks', preset: 'dev' };
const millrace = new Millrace(stack, 'Tasks', { ...props, classes: { reports, ideas: { secrets: { OTHER: other } } } });
database.connections.allowFrom(millrace.executor('reports'), Port.tcp(5432));
const assembly = app.synth();
const template = Template.fromStack(stack);
const named = (type: string, property: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => String(Properties[property]));

describe('a class of a team', () => {
  test('has executors as it says, one for each shard', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const executors = functions.filter(({ Properties }) => String(Properties.FunctionName).includes('-executor-'));
    expect(executors.map(({ Properties }) => Properties.FunctionName).toSorted()).toEqual([
      'shop-tasks-executor-reports-0',
      'shop-tasks-executor-reports-1',
    ]);
    for (const { Properties } of executors) {
      expect(Properties).toMatchObject({ MemorySize: 2048, Timeout: 900, EphemeralStorage: { Size: 1024 } });
      expect(Properties.Environment.Variables).toMatchObject({ TABLE: 'orders', MILLRACE_OWN_VARIABLES: 'TABLE' });
      expect(Properties.VpcConfig.SubnetIds).toHaveLength(2);
    }
  });

  test('is known to the router and the governor, and no class that no type asks for is made', () => {
    for (const name of ['shop-tasks-router', 'shop-tasks-governor']) {
      const [found] = Object.values(
        template.findResources('AWS::Lambda::Function', { Properties: { FunctionName: name } }),
      );
      const classes = JSON.parse(found?.Properties.Environment.Variables.MILLRACE_CLASSES);
      expect(Object.keys(classes)).toEqual(['reports']);
      expect(classes.reports).toMatchObject({ timeoutSeconds: 600, concurrency: 4, shards: 2 });
    }
    for (const queue of named('AWS::SQS::Queue', 'QueueName'))
      expect(queue).toMatch(/^shop-tasks-(reports|projector)-/);
    const alarms = named('AWS::CloudWatch::Alarm', 'AlarmName').join();
    expect(alarms).toContain('Memory: reports');
    expect(alarms).not.toMatch(/default|io-intensive|ideas/);
  });

  test('that no type asks for is told, and has no executor', () => {
    expect(() => millrace.executor('ideas')).toThrow(
      'there is no resource class ideas; the deployment shop-tasks has reports',
    );
    const told = assembly.stacks.flatMap(({ messages }) => messages.map(({ entry }) => String(entry.data)));
    expect(told.join()).toContain('no type of task asks for the class ideas, so it is not made');
  });

  test('may read its own secrets and no others', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement,
    );
    const reading = statements.filter(({ Action }) =>
      /secretsmanager:GetSecretValue|ssm:GetParameter\b/.test([Action].flat().join()),
    );
    const resources = [...new Set(reading.map(({ Resource }) => JSON.stringify(Resource)))];
    const stripeId = stack.getLogicalId(stripe.node.defaultChild as never);
    expect(resources.filter((resource) => resource.includes(stripeId))).toHaveLength(1);
    expect(resources.filter((resource) => resource.includes('parameter/shop/key'))).toHaveLength(1);
    expect(resources).toHaveLength(2);
    // Both shards have both, by their roles alone: a secret of another stack must not have to know them.
    expect(reading).toHaveLength(4);
    template.resourceCountIs('AWS::SecretsManager::ResourcePolicy', 0);
  });

  test('knows where they are, and not what they are', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'shop-tasks-executor-reports-0',
      Environment: { Variables: { MILLRACE_SECRETS: Match.anyValue() } },
    });
    expect(JSON.stringify(template.toJSON())).not.toContain('resolve:secretsmanager');
  });

  test('is in a security group of its own, which others can let in', () => {
    template.hasResourceProperties('AWS::EC2::SecurityGroup', { GroupDescription: 'Executors of the class reports' });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', { FromPort: 5432, ToPort: 5432 });
  });

  test('has what reads secrets in its bundle, which is loaded when a first one is read', () => {
    const bundle = join(outdir, 'bundle.executor');
    const script = `
      const { getSecret } = await import('@aws-lambda-powertools/parameters/secrets');
      const { getParameter } = await import('@aws-lambda-powertools/parameters/ssm');
      console.log(typeof getSecret, typeof getParameter);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: bundle,
      encoding: 'utf8',
      env: {},
    });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('function function');
    expect(readdirSync(bundle)).toContain('index.mjs');
  });
});

describe('what a class is given and Lambda would refuse', () => {
  const complaint = (given: object): string => {
    try {
      const elsewhere = new Stack(new App({ outdir: 'cdk.out/classes-refused' }), 'Shop');
      new Millrace(elsewhere, 'Tasks', { ...props, classes: { reports: given } as never });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return '';
  };

  test.each([
    [{ environment: { AWS_REGION: 'eu' } }, 'classes.reports.environment.AWS_REGION cannot be set'],
    [{ environment: { NODE_OPTIONS: '' } }, 'classes.reports.environment.NODE_OPTIONS cannot be set'],
    [{ environment: { 'A-B': '' } }, 'classes.reports.environment.A-B cannot be set'],
    [{ environment: { PORT: 80 } }, 'classes.reports.environment.PORT is 80: must be a string'],
    [{ environment: { TEXT: 'x'.repeat(1500) } }, 'classes.reports.environment has 1504 characters'],
    [{ secrets: { STRIPE: 'sk_live' } }, 'classes.reports.secrets.STRIPE is no secret: give one of Secrets Manager'],
    [{ secrets: { 'a b': stripe } }, 'classes.reports.secrets.a b cannot be given'],
    [{ vpcSubnets: {} }, 'classes.reports.vpcSubnets needs classes.reports.vpc'],
    [{ securityGroups: [] }, 'classes.reports.securityGroups needs classes.reports.vpc'],
    [{ layers: [1, 2, 3, 4, 5] }, 'classes.reports.layers are 5: must be 4 at most'],
    [{ timeoutSeconds: 500 }, 'asks for timeoutSeconds 600, but its class reports gives an attempt at most 500 s'],
  ])('is told: %o', (given, told) => {
    expect(complaint(given)).toContain(told);
    expect(complaint(given)).not.toContain('sk_live');
  });

  test('executors in no network have no connections', () => {
    const elsewhere = new Stack(new App({ outdir: 'cdk.out/classes-alone' }), 'Shop');
    const alone = new Millrace(elsewhere, 'Tasks', { ...props, classes: { reports: { timeoutSeconds: 600 } } });
    expect(() => alone.executor('reports').connections).toThrow(
      'the executors of reports are in no network: give classes.reports.vpc',
    );
  });
});
