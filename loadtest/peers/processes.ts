import { readdirSync, readFileSync } from 'node:fs';

/** Of Linux, as `getconf CLK_TCK` says on every machine of today. */
const TICK_MILLISECONDS = 10;

// What the kernel tells of processes is no disk's: to read it at once is sooner, and what is found is still there.

/** Children of a process, theirs and so on, without itself. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = children.get(pid) ?? []; next.length > 0; next = next.flatMap((one) => children.get(one) ?? [])) {
    found.push(...next);
  }
  return found;
}

/** Milliseconds of CPU that a process has taken since it began; `undefined` where it has ended. */
export function cpuOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && (Number(stat[11]) + Number(stat[12])) * TICK_MILLISECONDS;
}

/** A variable of a process's environment. */
export function variableOf(pid: number, name: string): string | undefined {
  return textOf(`/proc/${pid}/environ`)
    ?.split('\0')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** The fields of `/proc/<pid>/stat` from the state on: what stands before may have spaces and parentheses. */
function statOf(pid: number): string[] | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Nothing where the process has ended meanwhile. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
