import { expect, it } from 'vitest';
import { mapConcurrently } from '../../../functions/core/concurrency.ts';

const double = async (item: number): Promise<number> => item * 2;

it.each([1, 2, 3, 50, Number.POSITIVE_INFINITY])('does all, at most %s at a time', async (limit) => {
  expect(await mapConcurrently([1, 2, 3], limit, double)).toEqual([2, 4, 6]);
});

it.each([0, -1, Number.NaN, 0.5, undefined as never, 'x' as never])(
  'refuses to do nothing: a limit of %s',
  async (limit) => {
    await expect(mapConcurrently([1, 2, 3], limit, double)).rejects.toThrow(RangeError);
    await expect(mapConcurrently([1, 2, 3], limit, double)).rejects.toThrow(`must be 1 or more, not ${limit}`);
  },
);

it.each([new Set([1]), new Map([[1, 1]]), [1].values(), { length: 1 }, null, undefined])(
  'refuses to do nothing: items that are no list (%o)',
  async (items) => {
    await expect(mapConcurrently(items as never, 2, double)).rejects.toThrow(
      new TypeError('the items to do must be a list: [...items] makes one'),
    );
  },
);
