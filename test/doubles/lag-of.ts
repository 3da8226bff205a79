import type { IndexLag } from '../../functions/adapters/memory/lagging-index.ts';
import { chance } from './chance.ts';

/** Lets a `share` (0 to 1) of the changes be seen late, by up to so many `reads`. */
export function lagOf(seed: number, { share = 0.5, reads = 3 } = {}): IndexLag {
  const { next, below } = chance(seed);
  const late = (): number => (next() < share ? 1 + below(reads) : 0);
  return () => ({ oldEntryReads: late(), newEntryReads: late() });
}
