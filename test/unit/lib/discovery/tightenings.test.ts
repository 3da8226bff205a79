import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tighteningsOf } from '../../../../lib/discovery/tightenings.ts';

const json = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
const told = (before: z.ZodType, after: z.ZodType): string[] =>
  tighteningsOf(json(before), json(after)).map(({ path, sentence }) => `${path} ${sentence}`);

const order = z.strictObject({ id: z.string(), lines: z.array(z.strictObject({ quantity: z.int() })) });

describe('an input schema that is narrower', () => {
  it.each<[string, z.ZodType, z.ZodType, string]>([
    ['a required member', order, order.extend({ customer: z.string() }), 'customer is required now'],
    ['one that was optional', z.object({ a: z.string().optional() }), z.object({ a: z.string() }), 'a is required now'],
    ['one that is gone', order, order.omit({ id: true }), 'id is not taken any more'],
    ['members that were open', z.looseObject({}), z.strictObject({}), ' takes no other members any more'],
    ['a value of an enum', z.enum(['a', 'b']), z.enum(['a']), ' does not take "b" any more'],
    ['an enum of what was a text', z.string(), z.enum(['a']), ' takes only "a" now'],
    ['a type', z.object({ a: z.string() }), z.object({ a: z.number() }), 'a is number now, and was string'],
    ['whole numbers', z.number(), z.int(), ' is integer now, and was number'],
    ['a member of a union', z.union([z.string(), z.null()]), z.string(), ' is string now, and was null'],
    ['a bound', z.number().max(10), z.number().max(9), ' has the maximum 9 now, which was 10'],
    ['a bound that was none', z.string(), z.string().min(1), ' has the minLength 1 now, which was none'],
    ['a pattern', z.string(), z.string().regex(/^a/), ' has another pattern now'],
    [
      'a place in a list',
      order,
      z.strictObject({ id: z.string(), lines: z.array(z.strictObject({ quantity: z.int().min(1) })) }),
      'lines[].quantity has the minimum 1 now, which was -9007199254740991',
    ],
    [
      'one place of a tuple',
      z.tuple([z.string(), z.number()]),
      z.tuple([z.string(), z.string()]),
      '[1] is string now, and was number',
    ],
    [
      'values of a record',
      z.record(z.string(), z.union([z.string(), z.number()])),
      z.record(z.string(), z.string()),
      '[] is string now, and was number',
    ],
    ['anything', z.unknown(), z.string(), ' is string now, and was anything'],
  ])('is told: %s', (_, before, after, sentence) => {
    expect(told(before, after)).toContain(sentence);
  });

  it('is told within what refers to itself, once', () => {
    const tree = (leaf: z.ZodType) => {
      const node: z.ZodType = z.strictObject({ value: leaf, parts: z.lazy(() => z.array(node)) });
      return node;
    };
    expect(told(tree(z.string()), tree(z.int()))).toEqual(['value is integer now, and was string']);
    expect(told(tree(z.string()), tree(z.string()))).toEqual([]);
  });
});

it.each<[string, z.ZodType, z.ZodType]>([
  ['an optional member', order, order.extend({ note: z.string().optional() })],
  ['a default', order, order.extend({ note: z.string().default('') })],
  ['one that need not be there', order, order.partial()],
  ['a value more', z.enum(['a']), z.enum(['a', 'b'])],
  ['a text of what was an enum', z.enum(['a']), z.string()],
  ['any number', z.int(), z.number()],
  ['a union', z.string(), z.union([z.number(), z.string()])],
  ['wider bounds', z.string().min(2).max(3), z.string().min(1).max(4)],
  ['open members', z.strictObject({ a: z.string() }), z.looseObject({ a: z.string() })],
  ['anything', order, z.unknown()],
  ['the same in another order', z.object({ a: z.string(), b: z.int() }), z.object({ b: z.int(), a: z.string() })],
])('an input schema that is wider is not told of: %s', (_, before, after) => {
  expect(told(before, after)).toEqual([]);
});

const leaf: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constantFrom<z.ZodType>(z.string(), z.int(), z.number(), z.boolean(), z.null(), z.unknown()),
  fc.constantFrom<z.ZodType>(
    z.enum(['a', 'b']),
    z.enum(['a', 'b', 'c']),
    z.literal('a'),
    z.string().min(1),
    z.string().max(1),
  ),
  fc.constantFrom<z.ZodType>(z.number().min(0), z.number().max(1), z.int().gt(0), z.number().multipleOf(2)),
);
const schema = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .record({ a: tie('schema'), b: tie('schema'), isOpen: fc.boolean(), isOptional: fc.boolean() })
      .map(({ a, b, isOpen, isOptional }): z.ZodType => {
        const shape = { a, b: isOptional ? b.optional() : b };
        return isOpen ? z.looseObject(shape) : z.strictObject(shape);
      }),
    tie('schema').map((item): z.ZodType => z.array(item).max(2)),
    fc.tuple(tie('schema'), tie('schema')).map((parts): z.ZodType => z.union(parts)),
    fc.tuple(tie('schema'), tie('schema')).map((parts): z.ZodType => z.tuple(parts)),
    tie('schema').map((value): z.ZodType => z.record(z.string(), value)),
  ),
})).schema;
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>('a', 'b', '', 'long', 0, 1, 2, -1, 0.5, true, null),
    fc.record({ a: tie('value'), b: tie('value'), c: tie('value') }, { requiredKeys: [] }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value;

it('takes whatever the one before took, where nothing is told', () => {
  let silent = 0;
  fc.assert(
    fc.property(schema, schema, fc.array(value, { minLength: 1, maxLength: 20 }), (before, after, values) => {
      if (tighteningsOf(json(before), json(after)).length > 0) return;
      silent++;
      for (const one of values) if (before.safeParse(one).success) expect(after.safeParse(one).success).toBe(true);
    }),
    { numRuns: 3_000, seed: 18 },
  );
  expect(silent).toBeGreaterThan(50);
});
