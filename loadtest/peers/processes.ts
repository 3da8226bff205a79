import { readdirSync, readFileSync } from 'node:fs';
import { parseProcessStat } from '../process-stat.ts';

// What the kernel tells of processes is no disk's: to read it at once is sooner, and what is found is still there.

/** Children of a process, theirs and so on, without itself. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.parent ?? Number.NaN;
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
  return statOf(pid)?.cpuMilliseconds;
}

/** A variable of a process's environment. */
export function variableOf(pid: number, name: string): string | undefined {
  return textOf(`/proc/${pid}/environ`)
    ?.split('\0')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

function statOf(pid: number): ReturnType<typeof parseProcessStat> | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseProcessStat(stat);
}

/** Nothing where the process has ended meanwhile. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
