import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { draftOf, readDraft } from '../../../../console/form/draft.ts';
import { type Field, fieldOf, limitsOf } from '../../../../console/form/field.ts';
import { isSame } from '../../../../console/form/json-value.ts';
import { placeErrors } from '../../../../console/form/placed-errors.ts';
import { pointersOf } from '../../../../console/form/pointers.ts';
import { exampleOf } from '../../../../console/form/submission.ts';
import { shippedDefinitions } from '../../../doubles/shipped-tasks.ts';

const shipped = await shippedDefinitions();

const field = (schema: z.ZodType): Field => fieldOf(z.toJSONSchema(schema, { io: 'input' }));
const read = (schema: z.ZodType, draft: Parameters<typeof readDraft>[1]) => readDraft(field(schema), draft, true);

describe('the field of a schema', () => {
  test.each([
    [z.string(), { kind: 'text', isLong: true }],
    [z.string().max(80).describe('A name.'), { kind: 'text', isLong: false, maxLength: 80, description: 'A name.' }],
    [z.url(), { kind: 'text', isLong: false }],
    [z.int().min(1).max(9), { kind: 'number', isWhole: true, minimum: 1, maximum: 9 }],
    [z.number(), { kind: 'number', isWhole: false }],
    [z.int(), { kind: 'number', isWhole: true }],
    [z.int().min(1), { kind: 'number', isWhole: true, minimum: 1 }],
    [z.int().positive(), { kind: 'number', isWhole: true, minimum: 1 }],
    [z.int().lt(10), { kind: 'number', isWhole: true, maximum: 9 }],
    [z.float32(), { kind: 'number', isWhole: false }],
    [z.float64().max(0.5), { kind: 'number', isWhole: false, maximum: 0.5 }],
    [z.number().positive(), { kind: 'number', isWhole: false }],
    [z.boolean(), { kind: 'choice', options: [true, false] }],
    [z.enum(['a', 'b']).default('a'), { kind: 'choice', options: ['a', 'b'], fallback: 'a' }],
    [z.literal('only'), { kind: 'choice', options: ['only'] }],
    [z.string().nullable(), { kind: 'text', isLong: true }],
    [z.array(z.boolean()), { kind: 'list', item: { kind: 'choice', options: [true, false] } }],
    [z.record(z.string(), z.string()), { kind: 'entries', value: { kind: 'text', isLong: false } }],
    [z.union([z.string(), z.number()]), { kind: 'json' }],
    [z.looseObject({ a: z.string() }).catchall(z.number()), { kind: 'json' }],
    [z.json(), { kind: 'json' }],
    [z.unknown(), { kind: 'json' }],
  ])('%#', (schema, expected) => {
    expect(field(schema)).toEqual(expected);
  });

  test('of a number is told with what limits it, on whichever side', () => {
    expect([{}, { minimum: 0 }, { maximum: 9 }, { minimum: 0, maximum: 9 }].map(limitsOf)).toEqual([
      '',
      'At least 0.',
      'At most 9.',
      'From 0 to 9.',
    ]);
  });

  test('has the properties of an object, and which of them are needed', () => {
    expect(field(z.strictObject({ a: z.int(), b: z.boolean().optional() }))).toMatchObject({
      kind: 'object',
      properties: [
        { name: 'a', isRequired: true },
        { name: 'b', isRequired: false },
      ],
    });
  });

  test('follows references, and ends where they go on for ever', () => {
    const node = z.object({
      name: z.string(),
      get parts() {
        return z.array(node).optional();
      },
    });
    const depthOf = (one: Field | undefined): number => {
      if (one?.kind === 'list') return depthOf(one.item);
      return one?.kind === 'object' ? 1 + depthOf(one.properties.find(({ name }) => name === 'parts')?.field) : 0;
    };
    expect(depthOf(field(node))).toBeGreaterThan(2);
    expect(fieldOf({ $ref: '#/$defs/none' })).toEqual({ kind: 'json' });
    const open = { type: 'object', properties: {}, additionalProperties: { type: 'string' } };
    expect(fieldOf(open)).toEqual({ kind: 'entries', value: { kind: 'text', isLong: false } });
    expect(fieldOf({ $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' })).toEqual({ kind: 'json' });
    expect(fieldOf({ $ref: 'https://elsewhere.example/schema' })).toEqual({ kind: 'json' });
    expect(fieldOf(true)).toEqual({ kind: 'json' });
  });

  test.each(shipped)('can be filled in for every type that ships: $type', ({ input }) => {
    const schema = input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    const shaped = fieldOf(schema);
    expect(shaped.kind).toBe('object');
    const example = exampleOf(shaped);
    if (example !== undefined)
      expect(readDraft(shaped, draftOf(shaped, example), true)).toEqual({ value: example, errors: [] });
  });
});

describe('a draft', () => {
  const person = z.strictObject({
    name: z.string(),
    age: z.int().optional(),
    isMember: z.boolean().optional(),
    address: z.strictObject({ street: z.string(), number: z.int() }).optional(),
    tags: z.array(z.string()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
  });

  test('that is empty gives the texts that are needed, and nothing else', () => {
    expect(read(person, draftOf(field(person)))).toEqual({ value: { name: '' }, errors: [] });
  });

  test('gives what was typed', () => {
    const draft = {
      name: 'Ada',
      age: ' 36 ',
      isMember: 'true',
      address: { street: 'Main', number: '1' },
      tags: ['a', ''],
      headers: [{ name: 'x', value: '1' }],
    };
    expect(read(person, draft)).toEqual({
      value: {
        name: 'Ada',
        age: 36,
        isMember: true,
        address: { street: 'Main', number: 1 },
        tags: ['a', ''],
        headers: { x: '1' },
      },
      errors: [],
    });
  });

  test('says at its place what cannot be read', () => {
    const entries = [
      { name: '', value: 'a' },
      { name: 'x', value: 'b' },
      { name: 'x', value: 'c' },
    ];
    const draft = { name: 'Ada', age: 'old', address: { street: 'Main', number: '' }, headers: entries };
    expect(read(person, draft).errors).toEqual([
      { field: '/age', message: 'This is not a number' },
      { field: '/address/number', message: 'Give a number' },
      { field: '/headers', message: 'Give it a name' },
      { field: '/headers', message: 'This name is there already' },
    ]);
    expect(read(z.json(), '{"a":').errors).toEqual([{ field: '', message: 'This is not JSON' }]);
    expect(read(z.enum(['a']), '').errors).toEqual([{ field: '', message: 'Give a choice' }]);
  });

  test('of a value reads as that value, whatever fits the schema', () => {
    const value = fc.record(
      {
        name: fc.string(),
        age: fc.integer(),
        isMember: fc.boolean(),
        address: fc.record({ street: fc.string(), number: fc.integer() }),
        tags: fc.array(fc.string(), { minLength: 1 }),
        headers: fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
          fc.string(),
          { minKeys: 1 },
        ),
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(value, (one) => {
        // An optional text cannot be given empty by a form.
        expect(isSame(readDraft(field(person), draftOf(field(person), one), true).value, one)).toBe(true);
      }),
    );
  });

  test('leaves out what its field cannot show, so that it is told from the value', () => {
    const value = { name: 'Ada', extra: 1 };
    expect(isSame(read(person, draftOf(field(person), value)).value, value)).toBe(false);
  });
});

test('errors are shown at their fields, or at the closest around them', () => {
  const shaped = field(
    z.strictObject({
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      any: z.json(),
      list: z.array(z.int()),
    }),
  );
  const draft = { ...Object(draftOf(shaped)), headers: [{ name: 'a/b', value: '' }], list: ['1', '2'] };
  const pointers = pointersOf(shaped, draft, '/input');
  expect(pointers).toEqual([
    '/input',
    '/input/url',
    '/input/headers',
    '/input/headers/a~1b',
    '/input/any',
    '/input/list',
    '/input/list/0',
    '/input/list/1',
  ]);
  const placed = placeErrors(
    [
      { field: '/input/url', message: 'Invalid' },
      { field: '/input/url', message: 'too long' },
      { field: '/input/headers/host', message: 'is set by Millrace' },
      { field: '/input/any/deep/0', message: 'no' },
      { field: '/input/unknown', message: 'not known' },
      { field: 'Idempotency-Key', message: 'too long' },
    ],
    new Set(pointers),
  );
  expect(Object.fromEntries(placed)).toEqual({
    '/input/url': ['Invalid', 'too long'],
    '/input/headers': ['host: is set by Millrace'],
    '/input/any': ['deep/0: no'],
    '/input': ['unknown: not known'],
    '': ['Idempotency-Key: too long'],
  });
});
