import { Problem } from './problem.ts';

export const NOTHING_KEPT = 'the task could not be queued, and nothing was kept of it';

/** Waits for a port. What it throws is a failure of the platform: the caller shall try again, and the log says why. */
export async function available<T>(answer: Promise<T>, detail = 'a part of the platform does not answer'): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const problem = new Problem('unavailable', `${detail}: try again`, { headers: { 'retry-after': '1' } });
    throw Object.assign(problem, { cause });
  }
}
