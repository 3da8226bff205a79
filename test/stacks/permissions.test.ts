import { describe, expect, test } from 'vitest';
import { LANE_KINDS, RESOURCE_CLASSES, type ResourceClass } from '../../functions/contract.ts';
import { grantsIn, list } from './grants.ts';
import { aliasArn, queueArn, synthesize } from './synthesis.ts';

/** X-Ray gives this one no resource to name (Service Authorization Reference, "AWS X-Ray"). */
const TRACING = ['xray:PutTraceSegments *'];

/** Lambda gives this one none, either ("AWS Lambda"). */
const LISTING = ['lambda:ListEventSourceMappings *'];

const laneArnsOf = (resourceClass: ResourceClass) =>
  LANE_KINDS.map((kind) => queueArn(`millrace-${resourceClass}-${kind}-0`));
const executorLogs = RESOURCE_CLASSES.map(
  (name) => `arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/millrace-executor-${name}-0:*`,
).sort();
const everyLaneArn = RESOURCE_CLASSES.flatMap(laneArnsOf);

/** The function that carries out bulk actions, which only these may call. */
const BULK_ACTIONS = 'lambda:InvokeFunction arn:aws:lambda:us-east-1:123456789012:function:millrace-bulk-actions';

/** Who may not list a bucket is told that access is denied to what is not there. */
const PAYLOADS = [
  's3:GetObject Payloads.Arn/payloads/*',
  's3:GetObject Payloads.Arn/scheduled/*',
  's3:ListBucket Payloads.Arn',
  's3:PutObject Payloads.Arn/payloads/*',
  's3:PutObject Payloads.Arn/scheduled/*',
];

describe.each([await synthesize('dev'), await synthesize('prod')])('the permissions of $preset', ({ all, text }) => {
  const { roles, inline, everyStatement, statementsOf, grantsOf, lines, besidesLogsAndTraces } = grantsIn({
    all,
    text,
  });

  test('allow, and name every action whole', () => {
    expect(everyStatement.length).toBeGreaterThan(20);
    for (const { Effect, Action, NotAction, NotResource } of everyStatement) {
      expect(Effect).toBe('Allow');
      expect(list(Action).filter((action) => String(action).includes('*'))).toEqual([]);
      expect([NotAction, NotResource]).toEqual([undefined, undefined]);
    }
  });

  test('name what they are for, but for what takes no resource, which stands in the role itself', () => {
    const inRoles = inline.flatMap((policy) => statementsOf(policy).map(({ Resource }) => Resource));
    expect(new Set(inRoles)).toEqual(new Set(['*']));
    const open = everyStatement.flatMap(({ Action, Resource, stack }) =>
      list(Resource).some((resource) => text(resource, stack) === '*') ? list(Action) : [],
    );
    expect([...new Set(open)].map((action) => `${action} *`).sort()).toEqual([...LISTING, ...TRACING]);
  });

  test('are of our own making: no managed policy, none of a bucket or queue that allows, and only Lambda takes a role', () => {
    for (const { Properties } of roles) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
      expect(statementsOf({ Properties: { PolicyDocument: Properties.AssumeRolePolicyDocument } })).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
      ]);
    }
    for (const type of ['AWS::IAM::ManagedPolicy', 'AWS::IAM::User']) expect(all(type), type).toEqual([]);
    // They refuse transport that is not encrypted (see transport.test.ts), and let nobody in.
    const ofResources = [...all('AWS::S3::BucketPolicy'), ...all('AWS::SQS::QueuePolicy')].flatMap((policy) =>
      statementsOf(policy as never),
    );
    expect(new Set(ofResources.map(({ Effect }) => Effect))).toEqual(new Set(['Deny']));
  });

  test('come with a role for each function alone', () => {
    const functions = all('AWS::Lambda::Function');
    expect(new Set(functions.map(({ Properties, stack }) => text(Properties.Role, stack))).size).toBe(functions.length);
    expect(roles).toHaveLength(functions.length);
  });

  test('let each function write its own log and traces, and the router read those of executors', () => {
    for (const { Properties, stack } of all('AWS::Lambda::Function')) {
      const log = `${text(Properties.LoggingConfig.LogGroup, stack)}.Arn`;
      expect(lines(grantsOf(Properties.FunctionName)).filter((line) => /^(logs|xray):/.test(line))).toEqual([
        `logs:CreateLogStream ${log}`,
        // A task's log is that of its executors, which the router tells of.
        ...(Properties.FunctionName === 'millrace-router'
          ? executorLogs.map((arn) => `logs:FilterLogEvents ${arn}`)
          : []),
        `logs:PutLogEvents ${log}`,
        ...(/-(router|waiter|executor-.+)$/.test(Properties.FunctionName) ? TRACING : []),
      ]);
    }
  });

  test('let the authorizer get keys, and nothing else', () => {
    expect(besidesLogsAndTraces('millrace-authorizer')).toEqual(['dynamodb:GetItem Access.Arn']);
  });

  test('let the console do nothing: it only serves its page', () => {
    expect(besidesLogsAndTraces('millrace-console')).toEqual([]);
  });

  test('let the router work on tasks, list and count them, change settings, list and revoke keys, delete what tasks kept, look at and send to every lane, and redrive dead letters', () => {
    expect(besidesLogsAndTraces('millrace-router')).toEqual([
      'dynamodb:BatchGetItem Schedules.Arn',
      'dynamodb:BatchGetItem Tasks.Arn',
      'dynamodb:DeleteItem Access.Arn',
      'dynamodb:DeleteItem History.Arn',
      'dynamodb:DeleteItem Schedules.Arn',
      'dynamodb:DeleteItem SigningSecrets.Arn',
      'dynamodb:DeleteItem Tasks.Arn',
      ...['Control', 'Definitions', 'History', 'Schedules', 'SigningSecrets', 'Statistics', 'Tasks', 'Webhooks'].map(
        (table) => `dynamodb:GetItem ${table}.Arn`,
      ),
      'dynamodb:PartiQLInsert Tasks.Arn',
      // What a retry replaces is kept.
      'dynamodb:PutItem History.Arn',
      'dynamodb:PutItem Schedules.Arn',
      'dynamodb:PutItem SigningSecrets.Arn',
      'dynamodb:PutItem Tasks.Arn',
      'dynamodb:PutItem Webhooks.Arn',
      'dynamodb:Query Access.Arn/index/byTenant',
      'dynamodb:Query History.Arn',
      'dynamodb:Query Schedules.Arn/index/byTenant',
      'dynamodb:Query Statistics.Arn',
      ...['Assignee', 'Failure', 'Status', 'Type', 'Workflow'].map((by) => `dynamodb:Query Tasks.Arn/index/by${by}`),
      'dynamodb:UpdateItem Control.Arn',
      'dynamodb:UpdateItem Definitions.Arn',
      'dynamodb:UpdateItem Tasks.Arn',
      BULK_ACTIONS,
      ...['payloads', 'scheduled'].map((prefix) => `s3:DeleteObject Payloads.Arn/${prefix}/*`),
      ...PAYLOADS,
      ...[
        ...everyLaneArn.flatMap((arn) => [`sqs:GetQueueAttributes ${arn}`, `sqs:SendMessage ${arn}`]),
        ...RESOURCE_CLASSES.flatMap((name) =>
          ['GetQueueAttributes', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'].map(
            (action) => `sqs:${action} ${queueArn(`millrace-${name}-dead-letters`)}`,
          ),
        ),
      ].sort(),
    ]);
  });

  test('let the waiter read tasks and payloads, and take slots of those who wait, but no other row of the control table', () => {
    expect(besidesLogsAndTraces('millrace-waiter')).toEqual([
      'dynamodb:BatchGetItem Control.Arn',
      'dynamodb:GetItem Tasks.Arn',
      'dynamodb:UpdateItem Control.Arn',
      ...PAYLOADS.filter((grant) => !grant.includes('PutObject')),
    ]);
    const held = everyStatement.filter(({ Condition }) => Condition?.['ForAllValues:StringLike'] !== undefined);
    expect(held).toMatchObject([
      {
        Action: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['waiters#*'] } },
      },
    ]);
  });

  test.each(RESOURCE_CLASSES)(
    'let the executor of %s update tasks, poll the lanes of its class, and send to all',
    (resourceClass) => {
      const lanes = laneArnsOf(resourceClass);
      const polled = [
        'ReceiveMessage',
        'DeleteMessage',
        'ChangeMessageVisibility',
        'GetQueueAttributes',
        'GetQueueUrl',
      ];
      const executor = besidesLogsAndTraces(`millrace-executor-${resourceClass}-0`);
      expect(executor).toEqual(
        [
          'dynamodb:BatchGetItem Tasks.Arn',
          'dynamodb:GetItem Definitions.Arn',
          // The open tasks of a tenant are read before its task fans out.
          'dynamodb:GetItem Statistics.Arn',
          // Payloads are items of the same table.
          'dynamodb:GetItem Tasks.Arn',
          'dynamodb:PartiQLInsert Tasks.Arn',
          'dynamodb:PartiQLUpdate Tasks.Arn',
          // A failed attempt is kept, and nothing else of what has happened is for executors.
          'dynamodb:PutItem History.Arn',
          'dynamodb:PutItem Tasks.Arn',
          'dynamodb:UpdateItem Control.Arn',
          'dynamodb:UpdateItem Tasks.Arn',
          // One class delivers to webhooks: it reads what to sign with, and pauses what is gone.
          ...(resourceClass === 'io-intensive'
            ? ['SigningSecrets', 'Webhooks'].flatMap((table) =>
                ['GetItem', 'PutItem'].map((action) => `dynamodb:${action} ${table}.Arn`),
              )
            : []),
          ...PAYLOADS,
          ...lanes.flatMap((arn) => polled.map((action) => `sqs:${action} ${arn}`)),
          // Subtasks may be of any class.
          ...[...everyLaneArn, queueArn(`millrace-${resourceClass}-dead-letters`)].map(
            (arn) => `sqs:SendMessage ${arn}`,
          ),
        ].sort(),
      );
    },
  );

  test('let the sweeper find what is due, send it to every lane, and make the subtasks that are missing and the tasks of schedules', () => {
    expect(besidesLogsAndTraces('millrace-sweeper')).toEqual([
      'dynamodb:BatchGetItem Schedules.Arn',
      'dynamodb:BatchGetItem Tasks.Arn',
      'dynamodb:DeleteItem Schedules.Arn',
      'dynamodb:GetItem Control.Arn',
      'dynamodb:GetItem Definitions.Arn',
      'dynamodb:GetItem Schedules.Arn',
      'dynamodb:GetItem Statistics.Arn',
      'dynamodb:GetItem Tasks.Arn',
      'dynamodb:PartiQLInsert Tasks.Arn',
      'dynamodb:PutItem Schedules.Arn',
      'dynamodb:PutItem Tasks.Arn',
      'dynamodb:Query Schedules.Arn/index/due',
      'dynamodb:Query Tasks.Arn/index/due',
      'dynamodb:UpdateItem Control.Arn',
      'dynamodb:UpdateItem Tasks.Arn',
      BULK_ACTIONS,
      ...PAYLOADS,
      ...everyLaneArn.map((arn) => `sqs:SendMessage ${arn}`).sort(),
    ]);
  });

  test('let the governor look at every lane, and change the event sources of executors alone', () => {
    expect(besidesLogsAndTraces('millrace-governor')).toEqual([
      'dynamodb:BatchGetItem Control.Arn',
      'dynamodb:GetItem Control.Arn',
      'dynamodb:PutItem Control.Arn',
      ...LISTING,
      'lambda:UpdateEventSourceMapping arn:aws:lambda:us-east-1:123456789012:event-source-mapping:*',
      ...everyLaneArn.map((arn) => `sqs:GetQueueAttributes ${arn}`).sort(),
    ]);
    const [update, ...others] = everyStatement.filter(({ Action }) => Action === 'lambda:UpdateEventSourceMapping');
    expect(others).toEqual([]);
    const named = list(update?.Condition?.ArnLike?.['lambda:FunctionArn']).map((arn) => text(arn, update?.stack ?? ''));
    expect(named).toEqual(
      RESOURCE_CLASSES.flatMap((name) => {
        const arn = `arn:aws:lambda:us-east-1:123456789012:function:millrace-executor-${name}-0`;
        return [arn, `${arn}:*`];
      }),
    );
  });

  test.each([
    [
      'projector',
      'count, and have ends told, without what that is signed with',
      [
        'dynamodb:UpdateItem Statistics.Arn',
        'dynamodb:GetItem Definitions.Arn',
        'dynamodb:BatchWriteItem History.Arn',
        'dynamodb:GetItem Webhooks.Arn',
        ...['GetItem', 'PutItem', 'PartiQLInsert'].map((action) => `dynamodb:${action} Tasks.Arn`),
        ...PAYLOADS,
        `sqs:SendMessage ${queueArn('millrace-io-intensive-low-0')}`,
      ],
    ],
    ['events', 'tell the bus', ['events:PutEvents TaskEvents.Arn']],
  ])('let the function %s read the stream of tasks and %s', (name, _, granted) => {
    const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
    const deadLetters = queueArn('millrace-projector-dead-letters');
    const expected = [
      ...stream.map((action) => `dynamodb:${action} Tasks.StreamArn`),
      ...granted,
      ...['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'].map((action) => `sqs:${action} ${deadLetters}`),
    ];
    expect(besidesLogsAndTraces(`millrace-${name}`).toSorted()).toEqual(expected.toSorted());
  });

  test('let only the API call its four functions, and only the clock the sweeper and the governor', () => {
    const callers = all('AWS::Lambda::Permission').map(
      ({ Properties: { Action, Principal, SourceArn, ...rest }, stack }) => {
        const source = text(SourceArn, stack).replace('arn:aws:execute-api:us-east-1:123456789012:', '');
        return [text(rest.FunctionName, stack), Action, Principal, source].join(' ');
      },
    );
    const expected = [
      'millrace-authorizer.Arn lambda:InvokeFunction apigateway.amazonaws.com Api/authorizers/ApiKeyAuthorizer',
      'millrace-console.Arn lambda:InvokeFunction apigateway.amazonaws.com Api/*/*/*',
      'millrace-governor.Arn lambda:InvokeFunction events.amazonaws.com GovernorEveryMinute.Arn',
      `${aliasArn('millrace-router:live')} lambda:InvokeFunction apigateway.amazonaws.com Api/*/*/*`,
      'millrace-sweeper.Arn lambda:InvokeFunction events.amazonaws.com SweeperEveryMinute.Arn',
      'millrace-waiter.Arn lambda:InvokeFunction apigateway.amazonaws.com Api/*/*/*',
    ];
    expect(callers.sort()).toEqual(expected.sort());
  });
});
