import { expect, it } from 'vitest';
import { systemIds } from '../../../functions/adapters/system-ids.ts';

it('gives each attempt a token of its own, which takes little of its row', () => {
  const tokens = Array.from({ length: 10_000 }, () => systemIds.leaseToken());
  expect(new Set(tokens).size).toBe(tokens.length);
  expect(tokens.filter((token) => !/^[0-9a-f]{12}$/.test(token))).toEqual([]);
});
