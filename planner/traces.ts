import { TRACED_AT_ONCE_PER_SECOND, TRACED_SHARE } from './documented-limits.ts';

/** Requests that Lambda traces of so many to one traced function, which came evenly over so many seconds. */
export function tracesOf(requests: number, seconds: number): number {
  const first = Math.min(requests, seconds * TRACED_AT_ONCE_PER_SECOND);
  return first + (requests - first) * TRACED_SHARE;
}
