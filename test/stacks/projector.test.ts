import { expect, test } from 'vitest';
import { synthesize } from './synthesis.ts';

const { all, text } = await synthesize('prod');

test('the projector reads the stream of tasks shard by shard, so that no batch stops it and no payload wakes it', () => {
  const mapping = all('AWS::Lambda::EventSourceMapping').find(
    ({ Properties, stack }) => text(Properties.FunctionName, stack) === 'millrace-projector',
  );
  expect(mapping?.Properties).toMatchObject({
    BatchSize: 1000,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumBatchingWindowInSeconds: 1,
    MaximumRecordAgeInSeconds: 43_200,
    // Without a window no event would name its shard; with two lanes a shard would not come in order.
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 60,
    StartingPosition: 'TRIM_HORIZON',
  });
  expect(mapping?.Properties.MaximumRetryAttempts).toBeUndefined();
  expect(mapping?.Properties.DestinationConfig.OnFailure.Destination).toBeDefined();
  const filters = mapping?.Properties.FilterCriteria.Filters.map(({ Pattern }: { Pattern: string }) =>
    JSON.parse(Pattern),
  );
  expect(filters).toEqual([
    ...['INSERT', 'MODIFY'].map((eventName) => ({
      eventName: [eventName],
      dynamodb: { NewImage: { statusGroup: { S: [{ exists: true }] } } },
    })),
    // The row of a task with tags that goes, or gives way, takes its entries along.
    { dynamodb: { OldImage: { tags: { S: [{ exists: true }] } } } },
  ]);
});

test('the projector knows what the steps of a task cost in its deployment', async () => {
  const pricesOf = ({ all }: Awaited<ReturnType<typeof synthesize>>) => {
    const projector = all('AWS::Lambda::Function').find(
      ({ Properties }) => Properties.FunctionName === 'millrace-projector',
    );
    return JSON.parse(projector?.Properties.Environment.Variables.MILLRACE_STEP_PRICES ?? '{}');
  };
  const prices = pricesOf(await synthesize('prod'));
  expect(prices).toMatchObject({ message: 500, write: 625, trace: 5_000, event: 1_000 });
  const tableCapacity = { provisioned: { minWrites: 20, maxWrites: 800, minReads: 5, maxReads: 200 } };
  const cheap = pricesOf(await synthesize('prod', { context: { tracing: false, taskEvents: false, tableCapacity } }));
  expect(cheap).toEqual({ ...prices, trace: 0, event: 0, write: expect.closeTo(257.94, 2) });
});

test('events are told apart from statistics, so that a bus which takes no more holds up no count', () => {
  const mappings = all('AWS::Lambda::EventSourceMapping').filter(({ Properties, stack }) =>
    text(Properties.EventSourceArn, stack).endsWith('StreamArn'),
  );
  expect(mappings.map(({ Properties, stack }) => text(Properties.FunctionName, stack)).sort()).toEqual([
    'millrace-events',
    'millrace-projector',
  ]);
});

test.each([false, true])('the function of events may read outputs where events carry them: %s', async (isAsked) => {
  const { all, text } = await synthesize('prod', { context: { taskEventOutputs: isAsked } });
  const named = all('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === 'millrace-events');
  expect(named?.Properties.Environment.Variables.MILLRACE_PAYLOAD_BUCKET !== undefined).toBe(isAsked);
  const statements = all('AWS::IAM::Policy')
    .filter(({ Properties, stack }) => stack === named?.stack && /^ProjectorEvents/.test(Properties.Roles[0].Ref))
    .flatMap(({ Properties, stack }) =>
      Properties.PolicyDocument.Statement.flatMap(({ Action, Resource }: Record<string, unknown>) =>
        [Resource].flat().map((resource) => `${Action} ${text(resource, stack)}`),
      ),
    );
  expect(statements.filter((line: string) => /^(s3|dynamodb):\S+ (Tasks|Payloads)\.Arn/.test(line))).toEqual(
    isAsked
      ? [
          'dynamodb:GetItem Tasks.Arn',
          's3:ListBucket Payloads.Arn',
          's3:GetObject Payloads.Arn/payloads/*',
          's3:GetObject Payloads.Arn/scheduled/*',
        ]
      : [],
  );
});

test.each(['sweeper', 'governor'])('a run of the %s that could not begin is not made up for', (name) => {
  const configs = all('AWS::Lambda::EventInvokeConfig').filter(
    ({ Properties, stack }) => text(Properties.FunctionName, stack) === `millrace-${name}`,
  );
  const never = { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 };
  expect(configs.map(({ Properties }) => Properties)).toMatchObject([never]);
  const [rule] = all('AWS::Events::Rule').filter(({ id }) => id.toLowerCase().startsWith(name));
  expect(rule?.Properties.Targets[0].RetryPolicy).toEqual(never);
});

test.each(['sweeper', 'governor'])('the %s runs every minute, one at a time', (name) => {
  const rules = all('AWS::Events::Rule');
  expect(rules).toHaveLength(2);
  const rule = rules.find(({ id }) => id.toLowerCase().startsWith(name));
  expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
  const found = all('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === `millrace-${name}`);
  expect(found?.Properties.ReservedConcurrentExecutions).toBe(1);
  expect(found?.Properties.Timeout).toBeLessThan(60);
});
