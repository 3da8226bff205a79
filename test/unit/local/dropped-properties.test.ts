import { describe, expect, test } from 'vitest';
import { droppedPropertiesOf } from '../../../local/dropped-properties.ts';

const template = (Resources: Record<string, unknown>) => ({ Resources });

describe('the properties that a deploy loses', () => {
  test.each([undefined, 'a template', {}, { Resources: { Table: {} } }])('are not looked for in %j', (unknown) => {
    expect(() => droppedPropertiesOf(unknown)).toThrow();
  });

  test('are none where the resource does not have them', () => {
    const found = droppedPropertiesOf(
      template({
        Bare: { Type: 'AWS::Lambda::Function' },
        Plain: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'plain' } },
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: { ReservedConcurrentExecutions: 3, TimeToLiveSpecification: {} },
        },
      }),
    );
    expect(found).toEqual([]);
  });

  test('are found with their values, a concurrency of none included', () => {
    const timeToLive = { AttributeName: 'expiresAt', Enabled: true };
    const found = droppedPropertiesOf(
      template({
        Executor: {
          Type: 'AWS::Lambda::Function',
          Properties: { ReservedConcurrentExecutions: 10, Runtime: 'nodejs' },
        },
        Paused: { Type: 'AWS::Lambda::Function', Properties: { ReservedConcurrentExecutions: 0 } },
        Tasks: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TimeToLiveSpecification: timeToLive } },
      }),
    );
    expect(found.map(({ logicalId, property, value }) => [logicalId, property, value])).toEqual([
      ['Executor', 'ReservedConcurrentExecutions', 10],
      ['Paused', 'ReservedConcurrentExecutions', 0],
      ['Tasks', 'TimeToLiveSpecification', timeToLive],
    ]);
  });
});
