import { readFileSync } from 'node:fs';
import { COST_ASSUMPTIONS } from '../../lib/constructs/cost-assumptions.ts';

export { COST_ASSUMPTIONS };

/** What one call takes: write and read units of DynamoDB, and requests to SQS as they are billed. */
export type CallCost = { readonly writes: number; readonly reads: number; readonly sqs: number };

const DOCUMENT = new URL('../../docs/costs.md', import.meta.url);

/**
 * `docs/costs.md` says what each call takes, in its only table with three numbers. The contract tests hold it against what
 * they measure.
 */
export const CALL_COSTS: ReadonlyMap<string, CallCost> = new Map(
  readFileSync(DOCUMENT, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 6 && cells.slice(2, 5).every((cell) => /^[\d.]+$/.test(cell)))
    .map(([, name = '', writes, reads, requests]) => [
      name,
      { writes: Number(writes), reads: Number(reads), sqs: Number(requests) },
    ]),
);

/** Returns what a call takes. Throws where the document does not tell of it. */
export function costOf(call: string): CallCost {
  const cost = CALL_COSTS.get(call);
  if (cost === undefined) throw new Error(`docs/costs.md does not say what "${call}" takes`);
  return cost;
}
