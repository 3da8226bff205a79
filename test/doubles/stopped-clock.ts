import { vi } from 'vitest';

/**
 * By these the speed of the machine would decide what a simulation does. `setImmediate` stays as it is: its turns come in the
 * order in which they were asked for.
 */
const CLOCKS = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'] as const;

/** Does work while the clock of the machine stands still: only `turn` lets timers fire, and only those without a delay. */
export async function onStoppedClock<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: [...CLOCKS], now: 0 });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

/** Waits for one turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise(setImmediate);
  if (vi.isFakeTimers()) vi.advanceTimersByTime(0);
}
