import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CALLS_TO_REPLACE, live, roots, step } from '../doubles/history.ts';
import { MUTANTS } from '../doubles/mutants.ts';

/** Lives until one of the histories goes wrong; the same ones each time. */
const broken = async (mutate: Parameters<typeof live>[4], histories: number): Promise<boolean> => {
  const steps = fc.array(step, { maxLength: 25 });
  const property = fc.asyncProperty(steps, roots, fc.constantFrom(0, CALLS_TO_REPLACE), fc.nat(), (...history) =>
    live(...history, mutate),
  );
  const { failed } = await fc.check(property, { numRuns: histories, seed: 1, endOnFailure: true });
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
