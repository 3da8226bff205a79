import { describe, expect, it } from 'vitest';
import {
  all,
  any,
  atMost,
  type Condition,
  equals,
  lessThan,
  missing,
  moreThan,
  oneOf,
  present,
} from '../../../../../functions/adapters/dynamo/requests/condition.ts';
import {
  conditionInput,
  ifMissing,
  plus,
  updateInput,
} from '../../../../../functions/adapters/dynamo/requests/conditional-update.ts';
import { n, s } from '../../../../../functions/adapters/dynamo/requests/row.ts';
import {
  type BatchedUpdate,
  updateStatement,
} from '../../../../../functions/adapters/dynamo/requests/update-statement.ts';

const [queued, running] = [equals('status', s('queued')), equals('status', s('running'))];
const row = { tableName: 'tasks', key: { pk: s('a') } };

describe('a condition', () => {
  it.each<[string, Condition, string, string]>([
    ['equals', queued, '#status = :status', '"status" = ?'],
    ['less than', lessThan('attempt', n(3)), '#attempt < :attempt', '"attempt" < ?'],
    ['at most', atMost('runAt', n(7)), '#runAt <= :runAt', '"runAt" <= ?'],
    ['more than', moreThan('fullAt', n(7)), '#fullAt > :fullAt', '"fullAt" > ?'],
    ['one of', oneOf('status', [s('a'), s('b')]), '#status IN (:status, :status2)', '"status" IN [?, ?]'],
    ['missing', missing('runAt'), 'attribute_not_exists(#runAt)', '"runAt" IS MISSING'],
    ['present', present('pk'), 'attribute_exists(#pk)', '"pk" IS NOT MISSING'],
    [
      'all',
      all(queued, missing('runAt')),
      '#status = :status AND attribute_not_exists(#runAt)',
      '"status" = ? AND "runAt" IS MISSING',
    ],
    ['any', any(queued, running), '#status = :status OR #status = :status2', '"status" = ? OR "status" = ?'],
    [
      'all of any, and any of all',
      any(all(queued, any(missing('runAt'), atMost('runAt', n(7)))), running),
      '(#status = :status AND (attribute_not_exists(#runAt) OR #runAt <= :runAt)) OR #status = :status2',
      '("status" = ? AND ("runAt" IS MISSING OR "runAt" <= ?)) OR "status" = ?',
    ],
  ])('%s', (_, condition, expression, partiql) => {
    expect(conditionInput(condition).ConditionExpression).toBe(expression);
    expect(updateStatement({ ...row, condition, blind: true }).Statement).toBe(
      `UPDATE "tasks" WHERE "pk" = ? AND (${partiql})`,
    );
  });

  it('has its values beside its text', () => {
    const condition = all(
      oneOf('status', [s('scheduled'), s('queued')]),
      equals('status', s('queued')),
      missing('runAt'),
    );
    expect(conditionInput(condition)).toEqual({
      ConditionExpression: '#status IN (:status, :status2) AND #status = :status3 AND attribute_not_exists(#runAt)',
      ExpressionAttributeNames: { '#status': 'status', '#runAt': 'runAt' },
      ExpressionAttributeValues: { ':status': s('scheduled'), ':status2': s('queued'), ':status3': s('queued') },
    });
    expect(updateStatement({ ...row, condition }).Parameters).toEqual([
      s('a'),
      s('scheduled'),
      s('queued'),
      s('queued'),
    ]);
  });

  it('keeps two values apart where one has the name that the other would get', () => {
    const condition = all(equals('a', n(1)), equals('a', n(2)), equals('a2', n(3)));
    expect(conditionInput(condition)).toMatchObject({
      ConditionExpression: '#a = :a AND #a = :a2 AND #a2 = :a22',
      ExpressionAttributeValues: { ':a': n(1), ':a2': n(2), ':a22': n(3) },
    });
  });

  it('has no values where it speaks of none: DynamoDB refuses an empty list of them', () => {
    expect(conditionInput(missing('pk'))).toEqual({
      ConditionExpression: 'attribute_not_exists(#pk)',
      ExpressionAttributeNames: { '#pk': 'pk' },
    });
  });
});

describe('an update', () => {
  const change: BatchedUpdate = {
    ...row,
    condition: running,
    set: { status: s('queued'), attempt: plus(n(1)) },
    remove: ['runAt', 'dueAt'],
  };

  it('says what it sets and removes, in both languages', () => {
    expect(updateInput(change)).toEqual({
      TableName: 'tasks',
      Key: { pk: s('a') },
      UpdateExpression: 'SET #status = :status, #attempt = #attempt + :attempt REMOVE #runAt, #dueAt',
      ConditionExpression: '#status = :status2',
      ExpressionAttributeNames: { '#status': 'status', '#attempt': 'attempt', '#runAt': 'runAt', '#dueAt': 'dueAt' },
      ExpressionAttributeValues: { ':status': s('queued'), ':status2': s('running'), ':attempt': n(1) },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    expect(updateStatement(change)).toEqual({
      Statement:
        'UPDATE "tasks" SET "status" = ? SET "attempt" = attempt + ? REMOVE "runAt" REMOVE "dueAt" ' +
        'WHERE "pk" = ? AND ("status" = ?) RETURNING ALL NEW *',
      Parameters: [s('queued'), n(1), s('a'), s('running')],
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
  });

  it('does not ask for the row where nobody looks at it', () => {
    expect(updateInput({ ...change, blind: true }).ReturnValues).toBe('NONE');
    expect(updateStatement({ ...change, blind: true }).Statement).not.toContain('RETURNING');
  });

  it('says alone what PartiQL cannot say', () => {
    const members = { SS: ['a'] };
    const update = { ...row, set: { runAt: ifMissing(n(7)) }, add: { count: n(1) }, delete: { types: members } };
    expect(updateInput(update)).toEqual({
      TableName: 'tasks',
      Key: { pk: s('a') },
      UpdateExpression: 'SET #runAt = if_not_exists(#runAt, :runAt) ADD #count :count DELETE #types :types',
      ExpressionAttributeNames: { '#runAt': 'runAt', '#count': 'count', '#types': 'types' },
      ExpressionAttributeValues: { ':runAt': n(7), ':count': n(1), ':types': members },
      ReturnValues: 'ALL_NEW',
    });
  });
});
