import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { limiter } from '../../../functions/core/concurrency.ts';

it('lets as many be under way as it may, in the order in which they came, whatever becomes of them', async () => {
  const inTurn = limiter(3);
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = async (place: number): Promise<number> => {
    begun.push(place);
    most = Math.max(most, ++underWay);
    await setImmediate();
    underWay--;
    if (place % 4 === 0) throw new Error('no');
    return place;
  };
  const places = Array.from({ length: 20 }, (_, place) => place);
  const ended = await Promise.allSettled(places.map((place) => inTurn(() => work(place))));
  expect(most).toBe(3);
  expect(begun).toEqual(places);
  expect(ended.map((one) => (one.status === 'fulfilled' ? one.value : -1))).toEqual(
    places.map((place) => (place % 4 === 0 ? -1 : place)),
  );
  expect(await inTurn(() => work(1))).toBe(1);
});
