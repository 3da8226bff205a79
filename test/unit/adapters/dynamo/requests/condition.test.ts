import { describe, expect, test } from 'vitest';
import {
  all,
  any,
  type Condition,
  conditionText,
  type Dialect,
  equals,
  missing,
} from '../../../../../functions/adapters/dynamo/requests/condition.ts';
import { s } from '../../../../../functions/adapters/dynamo/requests/row.ts';

const plain: Dialect = {
  name: (name) => name,
  operand: (name) => name,
  value: (_, { S: text = '' }) => text,
  list: (values) => `(${values.join(', ')})`,
  missing: (name) => `no ${name}`,
  present: (name) => `some ${name}`,
};
const [a, b, c] = ['a', 'b', 'c'].map((name) => equals(name, s('1'))) as [Condition, Condition, Condition];

describe('a condition is said without redundant brackets, which DynamoDB refuses', () => {
  test.each<[string, Condition]>([
    ['a = 1 AND (b = 1 OR no d)', all(a, any(b, missing('d')))],
    ['a = 1 AND (b = 1 AND c = 1)', all(a, any(all(b, c)))],
    ['a = 1 AND b = 1', all(a, any(all(any(b))))],
    ['(b = 1 OR c = 1)', all(any(b, c))],
  ])('%s', (text, condition) => {
    expect(conditionText(condition, plain)).toBe(text);
  });
});
