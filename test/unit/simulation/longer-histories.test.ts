import fc from 'fast-check';
import { it } from 'vitest';
import { expectSameCourse } from '../../doubles/course.ts';
import { histories } from '../../doubles/history.ts';

/** These are the longer of the histories, each of which takes twice the time. */
const HISTORIES = 1_500;

it('brings every accepted task to exactly one end, whatever breaks on a long way', async () => {
  await fc.assert(histories({ shortest: 5 }), { numRuns: HISTORIES });
}, 240_000);

it('takes the same course each time on a long way', async () => {
  await expectSameCourse((mutate) => histories({ shortest: 5, mutate }), 100);
}, 60_000);
