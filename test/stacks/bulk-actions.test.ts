import { describe, expect, test } from 'vitest';
import { LANE_KINDS, RESOURCE_CLASSES } from '../../functions/contract.ts';
import { TASK_INDEXES } from '../../lib/stacks/data-stack.ts';
import { grantsIn } from './grants.ts';
import { queueArn, synthesize } from './synthesis.ts';

const CALL = 'lambda:InvokeFunction arn:aws:lambda:us-east-1:123456789012:function:millrace-bulk-actions';

describe.each([await synthesize('dev')])('what carries out bulk actions in $preset', (synthesis) => {
  const { everyStatement, besidesLogsAndTraces } = grantsIn(synthesis);
  const functions = synthesis.all('AWS::Lambda::Function').map(({ Properties }) => Properties);

  test('finds tasks by a filter, and changes what it finds', () => {
    const lanes = RESOURCE_CLASSES.flatMap((name) => LANE_KINDS.map((kind) => queueArn(`millrace-${name}-${kind}-0`)));
    expect(besidesLogsAndTraces('millrace-bulk-actions').filter((line) => !line.startsWith('s3:'))).toEqual(
      [
        ...['BatchGetItem', 'DeleteItem', 'GetItem', 'PartiQLUpdate', 'PutItem', 'UpdateItem'].map(
          (action) => `dynamodb:${action} Tasks.Arn`,
        ),
        ...['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
          (action) => `dynamodb:${action} History.Arn`,
        ),
        ...TASK_INDEXES.map((name) => `dynamodb:Query Tasks.Arn/index/${name}`),
        ...lanes.map((arn) => `sqs:SendMessage ${arn}`),
      ].sort(),
    );
  });

  test('is called by the router and the sweeper, and by no executor', () => {
    const callers = functions
      .map(({ FunctionName }) => String(FunctionName))
      .filter((name) => besidesLogsAndTraces(name).includes(CALL));
    expect(callers.sort()).toEqual(['millrace-router', 'millrace-sweeper']);
  });

  test('goes by what executors, where code of a team runs, may not write', () => {
    const held = everyStatement.filter(({ Condition }) => Condition?.['ForAllValues:StringNotLike'] !== undefined);
    // What carries out bulk actions keeps attempts of its own by the same condition.
    expect(held).toHaveLength(RESOURCE_CLASSES.length + 1);
    for (const statement of held) {
      expect(statement).toMatchObject({
        Action: 'dynamodb:PutItem',
        Condition: { 'ForAllValues:StringNotLike': { 'dynamodb:LeadingKeys': ['#*'] } },
      });
    }
  });

  test('runs three at a time, the next beside the one before, and ends by itself', () => {
    expect(functions.find(({ FunctionName }) => FunctionName === 'millrace-bulk-actions')).toMatchObject({
      ReservedConcurrentExecutions: 3,
      Timeout: 90,
    });
  });
});
