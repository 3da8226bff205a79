import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARED_LANE_KINDS } from '../../../../functions/contract.ts';
import { shareExecutors } from '../../../../functions/core/lane/share-executors.ts';
import { MIN_RESERVED, reservationOf } from '../../../../functions/resource-classes.ts';

const TEN = { executors: 10, reservation: reservationOf(10) };
/** The executors of the lanes that share them, and the two of the express lane. */
const SHARES = [4, 2, 2, 2, 2];
const shared = (...demands: number[]) =>
  shareExecutors(
    SHARES.map((share, index) => ({ share, demand: demands[index] ?? 0, isFixed: index === 4 })),
    TEN,
  );

describe('the ten executors of a class', () => {
  it.each<[string, number[], number[]]>([
    ['are those of the configuration while nobody works', [0, 0, 0, 0], [4, 2, 2, 2]],
    ['stay so while nobody needs more', [3, 1, 2, 0], [4, 2, 2, 2]],
    ['all go to the only lane with work', [0, 0, 30, 0], [2, 2, 10, 2]],
    ['go to it as far as it needs them', [0, 0, 5, 0], [4, 2, 5, 2]],
    ['are at least three for the only lane with work', [0, 0, 1, 0], [4, 2, 3, 2]],
    ['less two go to a lane beside one that needs two', [0, 2, 30, 0], [4, 2, 8, 2]],
    ['are shared by weight where two need more', [30, 0, 30, 0], [7, 2, 3, 2]],
    ['are as configured where all need more', [30, 30, 30, 30], [4, 2, 2, 2]],
    ['are two for each where the express lane has work beside them', [30, 30, 30, 30, 2], [2, 2, 2, 2]],
    ['less the two of the express lane go to the only other lane with work', [0, 0, 30, 0, 2], [4, 2, 8, 2]],
    ['stay with their lanes where the express lane alone has work', [0, 0, 0, 0, 2], [4, 2, 2, 2]],
  ])('%s', (_, demands, expected) => {
    expect(shared(...demands)).toEqual([...expected, 2]);
  });
});

const shares = fc.array(fc.record({ share: fc.integer({ min: 2, max: 40 }), demand: fc.nat({ max: 200 }) }), {
  minLength: SHARED_LANE_KINDS.length,
  maxLength: SHARED_LANE_KINDS.length,
});
const lanes = fc
  .tuple(shares, fc.constantFrom(0, 2))
  .map(([all, demand]) => [...all, { share: 2, demand, isFixed: true }]);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

it('never go beyond what is reserved, starve no lane, and leave none idle that is needed', () => {
  fc.assert(
    fc.property(lanes, fc.nat({ max: 50 }), (contenders, more) => {
      // The configuration has it so: the shares of the lanes that share them, and two for each lane at least.
      const executors = Math.max(MIN_RESERVED, sum(contenders.slice(0, -1).map(({ share }) => share)) + more);
      const limits = { executors, reservation: reservationOf(executors) };
      const given = shareExecutors(contenders, limits);
      const working = given.filter((_, index) => (contenders[index]?.demand ?? 0) > 0);
      expect(sum(given)).toBeLessThanOrEqual(limits.reservation);
      expect(sum(working)).toBeLessThanOrEqual(executors);
      // The express lane has its two whatever the others do, and they may come out of a share.
      const ofExpress = contenders.at(-1)?.demand ?? 0;
      expect(given.at(-1)).toBe(2);
      const isShort = contenders.some(({ demand }, index) => demand > (given[index] ?? 0));
      if (isShort) expect(sum(working)).toBe(executors);
      const missing = contenders.map(({ share, demand }, index) =>
        Math.max(0, Math.min(share, demand) - (given[index] ?? 0)),
      );
      expect(sum(missing)).toBeLessThanOrEqual(ofExpress);
      for (const one of given) expect(one).toBeGreaterThanOrEqual(2);
    }),
  );
});
