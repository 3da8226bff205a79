import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { jsonSchemaOf, type WritableSchema } from '../../../../lib/discovery/json-schema.ts';

const told = (schema: WritableSchema, side: 'input' | 'output' = 'input'): string => {
  try {
    jsonSchemaOf(schema, side);
    return 'nothing';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const DATE = 'write z.iso.datetime(), with .transform((text) => new Date(text)) where the handler wants a Date';

describe('a part of a schema that has no JSON Schema', () => {
  test.each([
    ['a field', z.object({ at: z.coerce.date() }), '"at"'],
    ['a field that may be missing', z.object({ at: z.date().optional() }), '"at"'],
    ['a field of a field', z.object({ properties: z.object({ items: z.date() }) }), '"properties.items"'],
    ['a list', z.object({ lines: z.array(z.object({ at: z.date() })) }), '"lines[].at"'],
    ['a tuple', z.tuple([z.string(), z.date()]), '"[1]"'],
    ['a record', z.object({ byName: z.record(z.string(), z.date()) }), '"byName[]"'],
    ['a union', z.object({ at: z.union([z.string(), z.date()]) }), '"at"'],
    ['an intersection', z.intersection(z.object({ a: z.string() }), z.object({ at: z.date() })), '"at"'],
  ])('is told with its place in %s', (_, schema, place) => {
    expect(told(schema)).toBe(`Date cannot be represented in JSON Schema, at ${place}: ${DATE}`);
  });

  test('is told without one where it is the whole', () => {
    expect(told(z.date())).toBe(`Date cannot be represented in JSON Schema: ${DATE}`);
  });

  test('is told with all others', () => {
    const schema = z.object({ at: z.date(), counts: z.map(z.string(), z.int()), tags: z.set(z.string()) });
    expect(told(schema).match(/"\w+": write [^;]*?(?=,| with)/g)).toEqual([
      '"at": write z.iso.datetime()',
      '"counts": write z.record(z.string()',
      '"tags": write z.array(...)',
    ]);
  });

  test.each([
    ['bigint', z.bigint(), 'z.string().regex(/^-?\\d+$/), with .transform(BigInt)'],
    ['undefined', z.undefined(), 'z.null(), or .optional()'],
    ['void', z.void(), 'z.null(), or .optional()'],
    ['NaN', z.nan(), 'z.number().nullable()'],
    ['symbol', z.symbol(), 'z.string()'],
    ['custom', z.custom<string>(), 'a schema of JSON'],
    ['an instance', z.instanceof(URL), 'a schema of JSON'],
  ])('says what to write instead: %s', (_, schema, instead) => {
    expect(told(schema)).toContain(`: write ${instead}`);
  });

  test('says of an output what its handler is to return', () => {
    expect(told(z.object({ at: z.date() }), 'output')).toMatch(
      /at "at": write z\.iso\.datetime\(\), as a Date is kept/,
    );
    expect(told(z.object({ n: z.bigint() }), 'output')).toMatch(/and return String\(value\)$/);
    expect(told(z.string().transform(Number), 'output')).toMatch(/write \.pipe\(\.\.\.\) behind the transform/);
  });

  test('is what its library says of it, where that is not zod', () => {
    const input = () => {
      throw new Error('dates have no JSON Schema');
    };
    expect(told({ '~standard': { jsonSchema: { input } } })).toBe('dates have no JSON Schema');
    expect(told({ '~standard': {} })).toBe('its library does not speak Standard JSON Schema');
  });
});

test('what is advised has a JSON Schema', () => {
  const input = z.object({
    at: z.iso.datetime().transform((text) => new Date(text)),
    n: z
      .string()
      .regex(/^-?\d+$/)
      .transform(BigInt),
    counts: z.record(z.string(), z.int()).transform((members) => new Map(Object.entries(members))),
    tags: z.array(z.string()).transform((items) => new Set(items)),
    missing: z.string().optional(),
    url: z.string().refine(URL.canParse),
  });
  expect(jsonSchemaOf(input, 'input')).toMatchObject({
    properties: { at: { type: 'string' }, n: { type: 'string' }, counts: { type: 'object' }, tags: { type: 'array' } },
  });
  expect(jsonSchemaOf(z.string().transform(Number).pipe(z.number()), 'output')).toMatchObject({ type: 'number' });
});
