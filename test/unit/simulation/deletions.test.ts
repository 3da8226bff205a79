import fc from 'fast-check';
import { it } from 'vitest';
import { histories } from '../../doubles/history.ts';

const HISTORIES = 1_000;

it('leaves nothing of what was deleted, and harms nothing else, whatever breaks on the way', async () => {
  await fc.assert(histories({ shortest: 3, deletes: true }), { numRuns: HISTORIES });
}, 240_000);
