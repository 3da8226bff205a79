import type { Clock, Sleep } from '../core/ports.ts';

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/**
 * Does what must not fail for a passing fault: tries again, with growing pauses, while the next try would start before
 * `deadline` (milliseconds since the epoch). Throws what the last try threw. Only for work that may be done twice.
 */
export async function persistently<T>(work: () => Promise<T>, deadline: number, ports: Tools): Promise<T> {
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS)) {
    try {
      return await work();
    } catch (error) {
      if (ports.clock() + pause >= deadline) throw error;
      await ports.sleep(pause);
    }
  }
}

type Tools = { readonly clock: Clock; readonly sleep: Sleep };
