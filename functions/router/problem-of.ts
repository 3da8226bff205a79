import { PROBLEM_STATUS, Problem } from './problem.ts';
import type { RouterPorts } from './route.ts';

/** A problem as it was meant; anything else is ours to mend, so it is logged whole and the caller sees none of it. */
export function problemOf(error: unknown, { log }: RouterPorts): Problem {
  const problem =
    error instanceof Problem ? error : new Problem('internal_error', 'something failed on our side; try again');
  if (PROBLEM_STATUS[problem.code] >= 500) {
    const cause = error instanceof Problem ? error.cause : error;
    log('error', 'request failed', {
      code: problem.code,
      reason: cause instanceof Error ? cause.stack : String(cause),
    });
  }
  return problem;
}
