import type { Micros } from '../time.ts';

/** How an executor spends its time. */
export type Service = {
  /** What a handler takes for one task, in the mean. */
  readonly duration: Micros;
  /** Whether it always takes that, or sometimes much longer: exponentially distributed. */
  readonly spread: 'fixed' | 'exponential';
  /** Claiming and settling, which an attempt adds to its handler. */
  readonly overhead: Micros;
  /** It takes so long from a message that is sent to a handler that begins, where nothing has to be waited for. */
  readonly delivery: Micros;
  /** What a new environment takes before it begins. */
  readonly coldStart: Micros;
  /** Tasks that one invocation runs at a time. */
  readonly concurrencyPerInvocation: number;
};

/** When an executor takes further tasks into places that are free. */
export type Filling = {
  /** It asks from this age on, and again after a while that it was given none, up to an age from which it waits for them. */
  readonly first: Micros;
  readonly again: Micros;
  readonly waitsFrom: Micros;
  /** A task that would begin later could not end before its function does. */
  readonly until: Micros;
};

/** One invocation: when its tasks begin after it, and when it ends. */
export type Course = {
  readonly starts: readonly { readonly after: Micros; readonly tasks: number }[];
  readonly lasts: Micros;
};

/** Draws how an invocation of so many tasks goes: whoever is done takes the next, until all are. */
export function courseOf(tasks: number, service: Service, random: Random): Course {
  const { concurrencyPerInvocation: workers, duration, overhead, spread } = service;
  if (spread === 'fixed') {
    const waves = Math.ceil(tasks / workers);
    const starts = Array.from({ length: waves }, (_, wave) => ({
      after: wave * (duration + overhead),
      tasks: Math.min(workers, tasks - wave * workers),
    }));
    return { starts, lasts: waves * (duration + overhead) };
  }
  if (tasks <= workers) {
    const longest = longestExponential(duration, tasks, random);
    return { starts: [{ after: 0, tasks }], lasts: Math.round(longest) + overhead };
  }
  const free = new Array<Micros>(workers).fill(0);
  const starts = Array.from({ length: tasks }, () => {
    const after = Math.min(...free);
    free[free.indexOf(after)] = after + Math.round(longestExponential(duration, 1, random)) + overhead;
    return { after, tasks: 1 };
  });
  return { starts, lasts: Math.max(...free) };
}

/** Draws how long one task holds its place. */
export const attemptOf = ({ duration, overhead, spread }: Service, random: Random): Micros =>
  overhead + (spread === 'fixed' ? duration : Math.round(longestExponential(duration, 1, random)));

/** Draws a number from 0 to 1. */
export type Random = () => number;

/** Returns numbers that are the same for the same seed (mulberry32, by Tommy Ettinger, public domain). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws the largest of so many exponential times of the given mean in one go. */
const longestExponential = (mean: number, count: number, random: Random): number =>
  -mean * Math.log(1 - random() ** (1 / count));

const SMALL_MEAN = 30;

/** Draws how many independent events of the given mean number happen; where many do, by the normal distribution. */
export function poisson(mean: number, random: Random): number {
  if (mean > SMALL_MEAN) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count++;
  return count;
}
