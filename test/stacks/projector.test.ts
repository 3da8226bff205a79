import { expect, test } from 'vitest';
import { synthesize } from './synthesis.ts';

const { all, text } = await synthesize('prod');

test('the projector reads the stream of tasks shard by shard, so that no batch stops it and no payload wakes it', () => {
  const mapping = all('AWS::Lambda::EventSourceMapping').find(
    ({ Properties, stack }) => text(Properties.FunctionName, stack) === 'millrace-projector',
  );
  expect(mapping?.Properties).toMatchObject({
    BatchSize: 100,
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
  expect(filters).toEqual(
    ['INSERT', 'MODIFY'].map((eventName) => ({
      eventName: [eventName],
      dynamodb: { NewImage: { statusGroup: { S: [{ exists: true }] } } },
    })),
  );
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
