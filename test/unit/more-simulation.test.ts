import fc from 'fast-check';
import { it } from 'vitest';
import { CALLS_TO_REPLACE, live, roots, step } from '../doubles/history.ts';

/** The other half of the histories, the longer ones. */
const HISTORIES = 2_500;

it('brings every accepted task to exactly one end, whatever breaks on a long way', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 25 }),
    roots,
    fc.constantFrom(0, CALLS_TO_REPLACE),
    fc.nat(),
    (...history) => live(...history, () => {}),
  );
  await fc.assert(property, { numRuns: HISTORIES });
}, 240_000);
