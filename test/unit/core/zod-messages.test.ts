import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { installMessages } from '../../../functions/core/zod-messages.ts';
import { fieldErrors } from '../../../functions/router/http/problem.ts';

const said = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];

describe('a schema says what would be right', () => {
  it.each<[z.ZodType, unknown, string]>([
    [z.object({ name: z.string() }), {}, 'is missing'],
    [z.string(), 5, 'must be a string, not a number'],
    [z.string(), null, 'must be a string, not null'],
    [z.number(), [1], 'must be a number, not a list'],
    [z.number(), true, 'must be a number, not true'],
    [z.int(), 1.5, 'must be a whole number'],
    [z.int(), '1', 'must be a number, not a string'],
    [z.object({}), 'x', 'must be an object, not a string'],
    [z.array(z.string()), {}, 'must be a list, not an object'],
    [z.boolean(), 'yes', 'must be true or false, not a string'],
    [z.enum(['high', 'low']), 'urgent', 'must be one of "high", "low"'],
    [z.literal('a'), 'b', 'must be "a"'],
    [z.strictObject({ a: z.int(), b: z.int() }), { a: 1, b: 1, c: 1 }, 'has no "c"; there are: a, b'],
    [z.string().min(1), '', 'must not be empty'],
    [z.string().min(2), 'a', 'must have at least 2 characters'],
    [z.string().max(2), 'abc', 'must have at most 2 characters'],
    [z.array(z.int()).min(1), [], 'must not be empty'],
    [z.array(z.int()).max(1), [1, 2], 'must have at most 1 items'],
    [z.number().min(1), 0, 'must be at least 1'],
    [z.number().positive(), 0, 'must be more than 0'],
    [z.number().lt(5), 5, 'must be less than 5'],
    [z.url(), 'x', 'must be a URL, such as https://example.com/path'],
    [z.iso.datetime(), 'tomorrow', 'must be a date and a time with its zone, such as 2026-01-31T09:00:00Z'],
    [z.string().regex(/^[a-z]+$/), 'A', 'must be text that matches /^[a-z]+$/'],
    [z.ipv4(), 'x', 'must be a valid ipv4'],
    [z.string('is what I say'), 5, 'is what I say'],
  ])('%#', (schema, value, message) => {
    expect(said(schema, value)).toEqual([message]);
  });
});

it('each field that is too many is named alone', () => {
  const { error } = z.object({ input: z.strictObject({ a: z.int() }) }).safeParse({ input: { a: 1, 'b/c': 2, d: 3 } });
  expect(fieldErrors(error?.issues ?? [])).toEqual([
    { field: '/input/b~1c', message: 'has no "b/c"; there are: a' },
    { field: '/input/d', message: 'has no "d"; there are: a' },
  ]);
});

it('a process has its own messages only where it has asked for them', () => {
  z.config({ customError: undefined });
  expect(said(z.string(), 5)).not.toContain('must be a string, not a number');
  installMessages();
  expect(said(z.string(), 5)).toEqual(['must be a string, not a number']);
});
