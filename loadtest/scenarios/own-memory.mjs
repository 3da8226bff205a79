// Plain JavaScript, for `gc-probe.mjs` is loaded into functions as it is.
import { readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;

/**
 * Returns how many bytes this process has for itself, in all its threads. Pages of files, as of Node's own code, are not among them. Linux
 * alone tells (`man 5 proc_pid_statm`).
 *
 * @returns {number}
 */
export function ownBytes() {
  const [, resident, shared] = readFileSync('/proc/self/statm', 'latin1').split(' ').map(Number);
  return (resident - shared) * PAGE_BYTES;
}
