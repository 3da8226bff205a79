import type { StepPrices } from '../../functions/metrics.ts';

/** Each step has a price of its own: a power of ten, whose digit in a sum says how often it was paid for. */
export const PRICES: StepPrices = {
  request: 1,
  message: 10,
  write: 100,
  invocation: 1_000,
  attempt: 10_000,
  trace: 100_000,
  event: 1_000_000,
  storage: 10_000_000,
  gigabyteSecond: 100_000_000,
};

/** Nothing costs anything, so that nothing of it is in a tally. */
export const FREE = Object.fromEntries(Object.keys(PRICES).map((step) => [step, 0])) as StepPrices;
