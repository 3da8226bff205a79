import { longestExponential, type Random } from './random.ts';
import type { Micros } from './time.ts';

/** How an executor spends its time. */
export type Service = {
  /** What a handler takes for one task, in the mean. */
  readonly duration: Micros;
  /** Whether it always takes that, or sometimes much longer: exponentially distributed. */
  readonly spread: 'fixed' | 'exponential';
  /** Claiming and settling, which an attempt adds to its handler. */
  readonly overhead: Micros;
  /** From a message that is sent to a handler that begins, where nothing has to be waited for. */
  readonly delivery: Micros;
  /** What a new environment takes before it begins. */
  readonly coldStart: Micros;
  /** Tasks that one invocation runs at a time. */
  readonly concurrencyPerInvocation: number;
};

/** One invocation: when its tasks begin after it, and when it ends. */
export type Course = {
  readonly starts: readonly { readonly after: Micros; readonly tasks: number }[];
  readonly lasts: Micros;
};

/** How an invocation of so many tasks goes. Whoever is done takes the next, until all are. */
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
