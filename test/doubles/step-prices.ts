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
  gigabytes: { default: 0.25, 'io-intensive': 0.5, 'cpu-intensive': 3538 / 1024, 'memory-intensive': 4 },
};

const { gigabytes, ...steps } = PRICES;

/** Nothing costs anything, so that nothing of it is in a tally. */
export const FREE = { ...Object.fromEntries(Object.keys(steps).map((step) => [step, 0])), gigabytes } as StepPrices;
