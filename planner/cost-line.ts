import { LIST_PRICES } from '../lib/list-prices.ts';

/** One line of a bill. */
export type CostLine = { readonly what: string; readonly quantity: number; readonly dollars: number };

export const MILLION = 1e6;
export const GIGABYTE = 1e9;
export const DAYS_PER_MONTH = 365 / 12;
export const MONTH_SECONDS = DAYS_PER_MONTH * 86_400;

/** Lines of what costs something. */
export const linesOf = (
  rows: readonly (readonly [what: string, quantity: number, dollarsEach: number])[],
): CostLine[] =>
  rows
    .map(([what, quantity, dollarsEach]) => ({ what, quantity, dollars: quantity * dollarsEach }))
    .filter(({ quantity }) => quantity > 0);

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);

/** What invocations of a function take that lasts so long, with what Lambda and we write of each to the log. */
export const invocationDollars = (memoryMb: number, milliseconds: number, logBytes: number): number =>
  LIST_PRICES.invocations / MILLION +
  (memoryMb / 1024) * (milliseconds / 1000) * LIST_PRICES.gigabyteSecond +
  (logBytes / GIGABYTE) * LIST_PRICES.loggedGigabyte;
