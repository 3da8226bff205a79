import { readFileSync } from 'node:fs';
import type { DeployConfig } from '../../lib/config.ts';
import { COST_ASSUMPTIONS } from '../../lib/constructs/cost-assumptions.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';

export { COST_ASSUMPTIONS };

/** One line of a bill. */
export type CostLine = { readonly what: string; readonly quantity: number; readonly dollars: number };

export const MILLION = 1e6;
export const GIGABYTE = 1e9;
export const DAYS_PER_MONTH = 365 / 12;
export const MONTH_SECONDS = DAYS_PER_MONTH * 86_400;
export const MONTH_HOURS = MONTH_SECONDS / 3600;

/** Makes lines of a bill, without what there is none of. */
export const linesOf = (
  rows: readonly (readonly [what: string, quantity: number, dollarsEach: number])[],
): CostLine[] =>
  rows
    .map(([what, quantity, dollarsEach]) => ({ what, quantity, dollars: quantity * dollarsEach }))
    .filter(({ quantity }) => quantity > 0);

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);

/** Returns what one invocation of so long costs in dollars, with what Lambda and we write of it to the log. */
export const invocationDollars = (memoryMb: number, milliseconds: number, logBytes: number): number =>
  LIST_PRICES.invocations / MILLION +
  (memoryMb / 1024) * (milliseconds / 1000) * LIST_PRICES.gigabyteSecond +
  (logBytes / GIGABYTE) * LIST_PRICES.loggedGigabyte;

/** Returns the bytes that Lambda itself, and a function with little to say, write to the log for an invocation that went well. */
export const routineBytes = ({ routineLogs }: Pick<DeployConfig, 'routineLogs'>, own = 0): number =>
  routineLogs ? COST_ASSUMPTIONS.logBytes.platform + own : 0;

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
