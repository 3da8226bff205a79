import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../../functions/core/json.ts';
import { fingerprintOf } from '../../../../functions/core/task/fingerprint.ts';

/** Returns the same value with the keys of all its objects the other way round. */
const reversed = (value: JsonValue): JsonValue => {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, part]) => [key, reversed(part)]),
  );
};

describe('fingerprintOf', () => {
  it('is 16 characters, the same whatever the order of the keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(fingerprintOf(value as JsonValue)).toMatch(/^[\w-]{16}$/);
        expect(fingerprintOf(reversed(value as JsonValue))).toBe(fingerprintOf(value as JsonValue));
      }),
    );
  });

  it('differs for values that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(!isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))));
        expect(fingerprintOf(a as JsonValue)).not.toBe(fingerprintOf(b as JsonValue));
      }),
    );
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['the order of an array', [1, 2], [2, 1]],
    ['the order of an array of objects', { a: [{ b: 1 }, { c: 2 }] }, { a: [{ c: 2 }, { b: 1 }] }],
    ['the depth', { a: { b: 1 } }, { a: 1, b: 1 }],
    ['a number and its text', { a: 1 }, { a: '1' }],
    ['null and nothing', { a: null }, {}],
    ['an object and its list', { 0: 'a' }, ['a']],
    ['a key of __proto__', JSON.parse('{"a":1,"__proto__":{"b":2}}'), { a: 1 }],
    ['characters of one look', 'é', 'e\u0301'],
  ])('sees %s', (_, one, other) => expect(fingerprintOf(one)).not.toBe(fingerprintOf(other)));

  it('stays what it was when it was first given out', () => {
    expect(fingerprintOf({ type: 'greet', input: { name: 'Ada' } })).toMatchInlineSnapshot(`"vqnV-2tKUEhIkSYV"`);
  });
});
