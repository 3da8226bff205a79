/** What Linux counts CPU in, as `getconf CLK_TCK` says on every machine of today (`man 5 proc_pid_stat`). */
export const TICK_MILLISECONDS = 10;

/** Places after the command's name. */
const PARENT = 1;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;
const RESIDENT_PAGES = 21;

/** Pages have 4 KB. */
const PAGE_BYTES = 4_096;

/** Reads a line of `/proc/<pid>/stat`: `pid (command) state ppid ...`, whose command may have spaces, and parentheses. */
export function parseProcessStat(stat: string) {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return {
    parent: fields[PARENT],
    cpuMilliseconds: ((fields[USER_TICKS] ?? 0) + (fields[SYSTEM_TICKS] ?? 0)) * TICK_MILLISECONDS,
    residentBytes: (fields[RESIDENT_PAGES] ?? 0) * PAGE_BYTES,
  };
}
