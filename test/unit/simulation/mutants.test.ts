import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histories } from '../../doubles/history.ts';
import { MUTANTS } from '../../doubles/mutants.ts';
import type { World } from '../../doubles/world.ts';

/** Lives until one of the histories goes wrong; the same ones each time. */
const broken = async (mutate: (world: World) => void, numRuns: number): Promise<boolean> => {
  const { failed } = await fc.check(histories({ mutate }), { numRuns, seed: 1, endOnFailure: true });
  return failed;
};

describe('the simulation', () => {
  it.each(Object.entries(MUTANTS))(
    'finds %s',
    async (_, mutate) => {
      expect(await broken(mutate, 1_500)).toBe(true);
    },
    60_000,
  );

  it('finds nothing where there is no fault', async () => {
    expect(await broken(() => {}, 200)).toBe(false);
  }, 60_000);
});
