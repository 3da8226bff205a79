import { describe, expect, test } from 'vitest';
import { ENV } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:pager';

const plain = await synthesize('dev');
const told = await synthesize('dev', {
  context: { alarmEmail: 'ops@example.com', alarmTopicArn: TOPIC, lambdaInsights: true },
});

describe('whom alarms tell', () => {
  const actionsOf = ({ all }: typeof plain) =>
    all('AWS::CloudWatch::Alarm').map(({ Properties: { AlarmActions, OKActions } }) => [AlarmActions, OKActions]);

  test('is nobody unless the configuration says so', () => {
    expect(plain.all('AWS::SNS::Topic')).toEqual([]);
    for (const actions of actionsOf(plain)) expect(actions.flat().filter(Boolean)).toEqual([]);
  });

  test('is the topic and the address that it names, when an alarm goes off and when it is over', () => {
    const [topic, ...others] = told.all('AWS::SNS::Topic');
    expect(others).toEqual([]);
    expect(topic?.Properties.TopicName).toBe('millrace-alarms');
    const [subscription] = told.all('AWS::SNS::Subscription');
    expect(subscription?.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
    const both = [TOPIC, { Ref: topic?.id }];
    for (const actions of actionsOf(told)) expect(actions).toEqual([both, both]);
    expect(actionsOf(told).length).toBeGreaterThan(50);
  });
});

describe('Lambda Insights', () => {
  const layersOf = ({ all }: typeof plain) => all('AWS::Lambda::Function').map(({ Properties }) => Properties.Layers);

  test('is left out unless the configuration says so', () => {
    expect(layersOf(plain).filter(Boolean)).toEqual([]);
  });

  test('comes to every function as a layer of its region, with no more than its own log group', () => {
    for (const layers of layersOf(told)) expect(layers).toHaveLength(1);
    expect(told.all('AWS::IAM::Role').filter(({ Properties }) => Properties.ManagedPolicyArns)).toEqual([]);
    const policies = told.all('AWS::IAM::Policy');
    for (const { Properties, stack } of policies) {
      const statement = Properties.PolicyDocument.Statement.find(({ Action }: { Action: string | string[] }) =>
        Action.includes('logs:CreateLogGroup'),
      );
      expect(statement.Resource.map((resource: unknown) => told.text(resource, stack))).toEqual(
        ['', ':*'].map((all) => `arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda-insights${all}`),
      );
    }
    expect(policies.length).toBe(told.all('AWS::Lambda::Function').length);
  });
});

describe('traces', () => {
  const sharesOf = ({ all }: typeof plain) =>
    all('AWS::Lambda::Function').flatMap(({ Properties }) => Properties.Environment.Variables[ENV.tracedShare] ?? []);

  test('are of none of the functions of a deployment without them, nor may any send some', async () => {
    const off = await synthesize('prod', { context: { tracing: 'false' } });
    for (const { Properties } of off.all('AWS::Lambda::Function')) expect(Properties.TracingConfig).toBeUndefined();
    expect(sharesOf(off)).toEqual([]);
    expect(JSON.stringify([...off.all('AWS::IAM::Policy'), ...off.all('AWS::IAM::Role')])).not.toContain('xray:');
  });

  test('are of as many requests as the configuration says', async () => {
    expect(new Set(sharesOf(plain))).toEqual(new Set(['0.01']));
    const asked = await synthesize('dev', { context: { tracing: '{"share":0.2}' } });
    expect(new Set(sharesOf(asked))).toEqual(new Set(['0.2']));
  });
});

describe('lines of what went well', () => {
  const valuesOf = ({ all }: typeof plain) =>
    all('AWS::Lambda::Function').map(({ Properties }) => Properties.Environment.Variables[ENV.routineLogs]);
  const queriesOf = ({ all }: typeof plain): string[] =>
    all('AWS::Logs::QueryDefinition').map(({ Properties }) => Properties.Name);

  test('of Lambda itself are left out with them, but for those of failures', async () => {
    const levelsOf = ({ all }: typeof plain) =>
      all('AWS::Lambda::Function').map(({ Properties }) => Properties.LoggingConfig.SystemLogLevel);
    expect(new Set(levelsOf(plain))).toEqual(new Set([undefined]));
    expect(new Set(levelsOf(await synthesize('prod')))).toEqual(new Set(['WARN']));
  });

  test('are written in dev, and in prod on request', async () => {
    expect(new Set(valuesOf(plain))).toEqual(new Set([undefined]));
    const asked = await synthesize('prod', { context: { routineLogs: 'true' } });
    expect(new Set(valuesOf(asked))).toEqual(new Set([undefined]));
    expect(queriesOf(asked)).toEqual(queriesOf(plain));
  });

  test('are left out by every function otherwise, and no saved query counts on them', async () => {
    const quiet = await synthesize('prod');
    expect(new Set(valuesOf(quiet))).toEqual(new Set(['false']));
    const left = queriesOf(plain).filter((name) => !/\/(Slowest types|Cold starts)$/.test(name));
    expect(queriesOf(quiet)).toEqual(left);
    const lines = quiet.all('AWS::Logs::QueryDefinition').map(({ Properties }) => Properties.QueryString);
    expect(lines.filter((line) => /attempt ended|platform\./.test(line))).toEqual([]);
  });
});
