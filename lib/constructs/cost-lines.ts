import type { DeployConfig } from '../config.ts';
import { LIST_PRICES } from '../list-prices.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';

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
