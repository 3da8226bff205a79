import { expect, expectTypeOf, test } from 'vitest';
import { compact } from '../../../functions/core/compact.ts';

const maybe = (value: number | undefined) => value;

test('what is undefined is left out, and nothing else', () => {
  const compacted = compact({ id: 'a', count: maybe(undefined), zero: maybe(0), none: null, no: false, empty: '' });
  expect(Object.keys(compacted)).toEqual(['id', 'zero', 'none', 'no', 'empty']);
  expectTypeOf(compacted).toMatchObjectType<{ id: string; count?: number; zero?: number }>();
});

test('it is assignable where a key may be missing and may not be undefined', () => {
  const target: { readonly id: string; readonly count?: number } = compact({ id: 'a', count: maybe(3) });
  expect(target).toEqual({ id: 'a', count: 3 });
});
