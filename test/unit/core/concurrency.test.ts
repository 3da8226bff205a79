import { setImmediate } from 'node:timers/promises';
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

it('lets as many be under way as it may, in the order in which they came', async () => {
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  const places = Array.from({ length: 20 }, (_, place) => place);
  const done = await mapConcurrently(places, 3, async (place, index) => {
    begun.push(place);
    most = Math.max(most, ++underWay);
    await setImmediate();
    underWay--;
    return `${place} ${index}`;
  });
  expect(most).toBe(3);
  expect(begun).toEqual(places);
  expect(done).toEqual(places.map((place) => `${place} ${place}`));
});

it.each([
  [1, [0], [0]],
  [1, [2], [0, 1, 2]],
  [2, [0], [0, 1, 2, 3, 4, 5]],
  [2, [0, 3], [0, 1, 2, 3]],
  [3, [1, 2, 3], [0, 1, 2, 3]],
  [Number.POSITIVE_INFINITY, [0], [0, 1, 2, 3, 4, 5]],
])('of %s at a time, where %j fail, begins %j', async (limit, failing, expected) => {
  const begun: number[] = [];
  const doing = mapConcurrently([0, 1, 2, 3, 4, 5], limit, async (item) => {
    begun.push(item);
    if (failing.includes(item)) throw new Error(`no ${item}`);
    await setImmediate();
  });
  await expect(doing).rejects.toThrow(`no ${failing[0]}`);
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  expect(begun).toEqual(expected);
});
