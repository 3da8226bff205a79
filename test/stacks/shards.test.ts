import { describe, expect, test } from 'vitest';
import { CONSOLE_ROUTES, ENV, OPEN_ROUTES } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

const context = {
  tableShards: 3,
  shards: { default: 2 },
  taskEvents: false,
  jwt: { issuer: 'https://id.example.com/', audience: ['millrace'], tenantClaim: 'org' },
};
const { all, text } = await synthesize('prod', { context });
const names = (type: string, property: string) => all(type).map(({ Properties }) => String(Properties[property]));
const functionNamed = (name: string) =>
  all('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === `millrace-${name}`);
const variable = (name: string, key: keyof typeof ENV) => {
  const found = functionNamed(name);
  return text(found?.Properties.Environment.Variables[ENV[key]], found?.stack ?? '');
};

describe('two executor shards', () => {
  test('have a function and lanes each, and one queue of dead letters', () => {
    const executors = names('AWS::Lambda::Function', 'FunctionName').filter((name) => name.includes('-default-'));
    expect(executors.toSorted()).toEqual(['millrace-executor-default-0', 'millrace-executor-default-1']);
    const queues = names('AWS::SQS::Queue', 'QueueName').filter((name) => name.startsWith('millrace-default'));
    expect(queues.toSorted()).toEqual([
      'millrace-default-batch-0',
      'millrace-default-batch-1',
      'millrace-default-dead-letters',
      'millrace-default-express-0',
      'millrace-default-express-1',
      'millrace-default-high-0',
      'millrace-default-high-1',
      'millrace-default-low-0',
      'millrace-default-low-1',
      'millrace-default-normal-0',
      'millrace-default-normal-1',
    ]);
  });

  test('are known to the router', () => {
    expect(JSON.parse(variable('router', 'classes'))).toMatchObject({
      default: { shards: 2 },
      'io-intensive': { shards: 1 },
    });
  });

  test('are watched each', () => {
    const alarms = all('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    const names = alarms.map(({ AlarmName }) => AlarmName);
    // The alarm is on what waits for each executor of the fullest shard.
    expect(names).toContain('millrace Queue depth: default');
    expect(names).toContain('millrace Concurrency: default-1');
    expect(names).toContain('millrace Oldest message: default-high-1');
    expect(names).toContain('millrace Oldest message: io-intensive-high');
    // CloudWatch takes no alarm of more than ten metrics; the expression is one more.
    for (const { Metrics = [] } of alarms) expect(Metrics.length).toBeLessThanOrEqual(11);
  });
});

describe('three table shards', () => {
  test('are three tables of the same make, known to every function that works on tasks', () => {
    const tables = all('AWS::DynamoDB::GlobalTable').filter(({ id }) => id.startsWith('Tasks'));
    expect(tables).toHaveLength(3);
    const [first, ...others] = tables.map(({ Properties: { Replicas, ...rest } }) => rest);
    for (const other of others) expect(other).toEqual(first);
    for (const name of ['router', 'executor-default-1', 'sweeper']) {
      expect(variable(name, 'tasksTables').split(',')).toHaveLength(3);
    }
  });
});

test('a deployment without task events counts them, and tells nobody', () => {
  const { Variables: variables } = functionNamed('projector')?.Properties.Environment ?? {};
  expect(Object.keys(variables)).toContain(ENV.statisticsTable);
  expect(functionNamed('events')).toBeUndefined();
  expect(JSON.stringify(all('AWS::IAM::Policy'))).not.toContain('events:PutEvents');
  const mapped = all('AWS::Lambda::EventSourceMapping').map(({ Properties, stack }) =>
    text(Properties.EventSourceArn, stack),
  );
  expect(mapped.filter((arn) => !arn.includes(':sqs:'))).toHaveLength(context.tableShards);
});

test('a deployment whose callers come with tokens has them checked by API Gateway, and no authorizer of ours', () => {
  const [authorizer, ...others] = all('AWS::ApiGatewayV2::Authorizer');
  expect(others).toEqual([]);
  expect(authorizer?.Properties).toMatchObject({
    AuthorizerType: 'JWT',
    JwtConfiguration: { Issuer: 'https://id.example.com/', Audience: ['millrace'] },
  });
  expect(functionNamed('authorizer')).toBeUndefined();
  expect(variable('router', 'tenantClaim')).toBe('org');
  const secured = all('AWS::ApiGatewayV2::Route').filter(({ Properties }) => Properties.AuthorizationType === 'JWT');
  const open = OPEN_ROUTES.length + CONSOLE_ROUTES.length;
  expect(secured.length).toBe(all('AWS::ApiGatewayV2::Route').length - open);
});
