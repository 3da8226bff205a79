import { App, Aspects, CfnOutput, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { Millrace } from '../../lib/millrace.ts';
import type { MillraceProps } from '../../lib/millrace-props.ts';

const tasks = 'tasks';
let apps = 0;

/** Makes an app as a team has it: with context of its own, and of the CDK's. */
const teamApp = () => {
  process.env.CDK_VALIDATION = 'false';
  const context = {
    stage: 'blue',
    vpcId: 'vpc-1',
    name: 'ours',
    preset: 'ours',
    '@aws-cdk/core:checkSecretUsage': true,
  };
  return new App({ context, outdir: `cdk.out/construct-${apps++}` });
};
const dev: MillraceProps = { tasks, preset: 'dev' };

const resourcesOf = (stack: Stack, type: string) => Object.values(Template.fromStack(stack).findResources(type));
const namesOf = (stack: Stack, type: string, name: string): string[] =>
  resourcesOf(stack, type).map(({ Properties }) => String(Properties[name]));

/** Returns what is said of props that are wrong. */
function complaint(
  props: Partial<Record<keyof MillraceProps, unknown>>,
  scope: Construct = new Stack(teamApp(), 'Shop'),
  id = 'Other',
) {
  try {
    new Millrace(scope, id, { ...dev, ...props } as MillraceProps);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

describe('in a stack of a team', () => {
  const app = teamApp();
  const stack = new Stack(app, 'Shop');
  const orders = new TableV2(stack, 'Orders', { partitionKey: { name: 'id', type: AttributeType.STRING } });
  const millrace = new Millrace(stack, 'Tasks', { ...dev, alarmTopicArn: new Topic(stack, 'Pager').topicArn });
  orders.grantReadWriteData(millrace.executor('io-intensive'));
  new CfnOutput(stack, 'Url', { value: `${millrace.api.url}/api/tasks` });
  const assembly = app.synth();
  const template = Template.fromStack(stack);

  test('all is in that stack, with room for the resources of the team', () => {
    expect(assembly.stacks.map(({ stackName }) => stackName)).toEqual(['Shop']);
    expect(millrace.stacks).toEqual([]);
    const { Resources } = template.toJSON();
    expect(Object.keys(Resources).length).toBeLessThan(400);
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(900_000);
    expect(JSON.stringify(Resources)).not.toContain('Fn::ImportValue');
  });

  test('names begin with those of the stack and the construct', () => {
    expect(millrace.name).toBe('shop-tasks');
    for (const name of namesOf(stack, 'AWS::Lambda::Function', 'FunctionName')) expect(name).toMatch(/^shop-tasks-/);
    for (const name of namesOf(stack, 'AWS::SQS::Queue', 'QueueName')) expect(name).toMatch(/^shop-tasks-/);
  });

  test('outputs are named after the construct, and nothing is exported', () => {
    const outputs = template.findOutputs('*');
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining(['Url', 'TasksApiUrl', 'TasksAccessTableName']));
    expect(Object.values(outputs).filter(({ Export }) => Export !== undefined)).toEqual([]);
  });

  test('a grant is of the executors of its class alone', () => {
    const granted = Object.values(template.findResources('AWS::IAM::Policy')).filter(({ Properties }) =>
      JSON.stringify(Properties.PolicyDocument).includes(stack.getLogicalId(orders.node.defaultChild as never)),
    );
    expect(granted).toHaveLength(1);
    expect(JSON.stringify(granted[0]?.Properties.Roles)).toContain('iointensive');
  });

  test('the router waits for the executors, whose types it accepts', () => {
    const aliases = Object.entries(template.findResources('AWS::Lambda::Alias'));
    const [, router] = aliases.find(([id]) => id.includes('Router')) ?? [];
    const executors = aliases.map(([id]) => id).filter((id) => id.includes('Executor'));
    expect(executors).toHaveLength(4);
    expect(router?.DependsOn).toEqual(expect.arrayContaining(executors));
  });

  test('an unknown class is told with those that there are', () => {
    expect(() => millrace.executor('report')).toThrow(
      'there is no resource class report; the deployment shop-tasks has default, io-intensive, cpu-intensive, memory-intensive',
    );
  });

  test('it gives out its bus, tables and alarms', () => {
    expect(stack.resolve(millrace.events.eventBusArn)).toEqual({ 'Fn::GetAtt': [expect.any(String), 'Arn'] });
    expect(millrace.tables.tasks).toHaveLength(1);
    expect(millrace.alarms.length).toBe(resourcesOf(stack, 'AWS::CloudWatch::Alarm').length);
  });
});

test('the policies that a team attaches to all roles of its app stay, with Lambda Insights too', () => {
  const app = teamApp();
  const stack = new Stack(app, 'Shop');
  new Millrace(stack, 'Tasks', { ...dev, lambdaInsights: true });
  Aspects.of(stack).add({
    visit: (node) => {
      if (node instanceof Role)
        node.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMReadOnlyAccess'));
    },
  });
  for (const { Properties } of resourcesOf(stack, 'AWS::IAM::Role')) {
    expect(Properties.ManagedPolicyArns).toEqual([
      { 'Fn::Join': ['', expect.arrayContaining([expect.stringContaining('AmazonSSMReadOnlyAccess')])] },
    ]);
  }
});

describe('in an app', () => {
  const app = teamApp();
  const first = new Millrace(app, 'Tasks', { ...dev, classes: { reports: { memoryMb: 512 } } });
  const second = new Millrace(app, 'More', {
    ...dev,
    name: 'more',
    env: { account: '123456789012', region: 'eu-west-1' },
  });
  const assembly = app.synth();

  test('each makes four stacks, whatever context of others there is', () => {
    const four = (name: string) => ['data', 'execution', 'api', 'operations'].map((part) => `${name}-${part}`);
    expect(assembly.stacks.map(({ stackName }) => stackName).toSorted()).toEqual(
      [...four('millrace'), ...four('more')].toSorted(),
    );
    expect(first.stacks.map(({ stackName }) => stackName)).toEqual(four('millrace'));
    expect(second.stacks.map(({ region }) => region)).toEqual(Array(4).fill('eu-west-1'));
  });

  test('two have no name in common', () => {
    const all = ([...first.stacks, ...second.stacks] as const).flatMap((stack) => {
      const { Resources, Outputs } = Template.fromStack(stack).toJSON();
      const named = ['FunctionName', 'QueueName', 'LogGroupName', 'AlarmName', 'DashboardName', 'EventBusName'];
      const properties = (Object.values(Resources) as { Type: string; Properties?: Record<string, unknown> }[])
        .filter(({ Type }) => Type !== 'AWS::Lambda::Alias' && Type !== 'AWS::Events::EventBusPolicy')
        .flatMap(({ Type, Properties = {} }) =>
          named.flatMap((name) => (typeof Properties[name] === 'string' ? [`${Type} ${Properties[name]}`] : [])),
        );
      const exports = (Object.values(Outputs ?? {}) as { Export?: { Name: string } }[]).flatMap(({ Export }) =>
        Export === undefined ? [] : [Export.Name],
      );
      return [...properties, ...exports];
    });
    expect(all.length).toBeGreaterThan(300);
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  });

  test('a synth tells what Millrace warns of, which is in none of its stacks itself', () => {
    const messages = assembly.stacks.flatMap((stack) => stack.messages.map(({ entry }) => String(entry.data)));
    expect(messages).toContainEqual(expect.stringContaining('no type of task asks for the class reports'));
  });

  test('two of one name are refused', () => {
    expect(complaint({ name: 'more' }, app)).toBe(
      'there are two Millraces of the name more: give one of them another name',
    );
  });
});

describe('in a stage', () => {
  test("the four stacks are the stage's, under its name", () => {
    const app = teamApp();
    const stage = new Stage(app, 'Prod', { env: { account: '123456789012', region: 'eu-west-1' } });
    const millrace = new Millrace(stage, 'Tasks', { ...dev, retainData: true });
    const assembly = app.synth();
    expect(millrace.name).toBe('prod-millrace');
    expect(millrace.stacks.map(({ stackName, account }) => [stackName, account])).toEqual(
      ['data', 'execution', 'api', 'operations'].map((part) => [`prod-millrace-${part}`, '123456789012']),
    );
    expect(assembly.stacks).toEqual([]);
    expect(assembly.nestedAssemblies.map(({ displayName }) => displayName)).toEqual([expect.stringContaining('Prod')]);
  });

  test('a stack of the stage takes all of it', () => {
    const app = teamApp();
    const stack = new Stack(new Stage(app, 'Prod'), 'Shop');
    expect(new Millrace(stack, 'Tasks', dev).name).toBe('prod-shop-tasks');
  });
});

describe('the name of a deployment that is given none', () => {
  test('is of the stack around a nested one, and cut where it is too long', () => {
    const stack = new Stack(teamApp(), 'Shop');
    expect(new Millrace(new NestedStack(stack, 'Nested'), 'Tasks', dev).name).toBe('shop-nested-tasks');
    const long = new Construct(stack, 'WhichHasAnExceedinglyLongName');
    const names = ['Tasks', 'Task'].map((id) => new Millrace(long, id, dev).name);
    for (const name of names) expect(name).toMatch(/^shop-whichhasanexceedi-[0-9a-f]{8}$/);
    expect(new Set(names).size).toBe(2);
  });
});

describe('props that are wrong', () => {
  const HOST_RULE = 'must be a host name, *.a.domain, an address or *';

  test.each<[Parameters<typeof complaint>[0], string]>([
    [{ preset: 'staging' }, 'configuration preset is "staging": must be "prod" (data outlives its stack'],
    [{ preset: undefined }, 'configuration preset is missing: must be "prod"'],
    [{ name: 'Shop' }, 'configuration name is "Shop": must be up to 31 lower-case letters, digits and hyphens'],
    [{ outboundHosts: ['https://a.example'] }, `configuration outboundHosts.0 is "https://a.example": ${HOST_RULE}`],
    [{ outboundHosts: 'a.example' }, 'configuration outboundHosts is "a.example"'],
    [{ retentionDays: 0 }, 'configuration retentionDays is 0'],
    [{ retentionDays: '30' }, 'configuration retentionDays is "30"'],
    [{ logRetentionDays: 2 }, 'configuration logRetentionDays is 2'],
    [{ indexShards: 65 }, 'configuration indexShards is 65'],
    [{ tableShards: 17 }, 'configuration tableShards is 17'],
    [{ taskEvents: 'true' }, 'configuration taskEvents is "true"'],
    [
      { jwt: { issuer: 'http://id.example', audience: ['a'] } },
      'configuration jwt.issuer is "http://id.example": must be an https URL',
    ],
    [{ throttle: { rate: 0 } }, 'configuration throttle.rate is 0'],
    [{ accessLogs: 1 }, 'configuration accessLogs is 1'],
    [{ apiConcurrency: { router: 0 } }, 'configuration apiConcurrency.router is 0'],
    [{ retainData: null }, 'configuration retainData is null'],
    [{ deletionProtection: 'no' }, 'configuration deletionProtection is "no"'],
    [{ provisioned: true }, 'configuration provisioned is true: must be false, or {min, max, utilization}'],
    [{ tracing: 0 }, 'configuration tracing is 0: must be true, false, or {share}'],
    [{ tracing: { share: 2 } }, 'configuration tracing.share is 2: '],
    [{ routineLogs: 0 }, 'configuration routineLogs is 0'],
    [{ alarms: { errorPercent: 101 } }, 'configuration alarms.errorPercent is 101'],
    [{ alarmEmail: 'ops' }, 'configuration alarmEmail is "ops": must be an e-mail address'],
    [{ alarmTopicArn: 'pager' }, 'configuration alarmTopicArn is "pager": must be the ARN of an SNS topic'],
    [{ lambdaInsights: 'yes' }, 'configuration lambdaInsights is "yes"'],
    [{ env: { region: 'eu-west-1' } }, 'env is of the stacks that Millrace makes: in a stack, leave it out'],
  ])('%j are refused at once', (props, told) => {
    expect(complaint(props)).toContain(told);
  });

  test('are all told, each by a sentence', () => {
    expect(complaint({ retentionDays: 0, indexShards: 0 }).split('\n')).toHaveLength(2);
  });

  test('an unknown one is told with those that there are', () => {
    expect(complaint({ retention: 3 } as never)).toMatch(/^unknown configuration retention; there is: .*retentionDays/);
  });

  test('a scope that is no stack, app or stage is refused', () => {
    expect(complaint({}, new Construct(undefined as never, ''))).toBe('Millrace belongs in a stack, an app or a stage');
  });

  test('what is given as undefined is as if it were not given', () => {
    expect(complaint({ retentionDays: undefined, alarmEmail: undefined })).toBe('');
  });
});
