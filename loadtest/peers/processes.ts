import { readdir, readFile } from 'node:fs/promises';

/** Of Linux, as `getconf CLK_TCK` says on every machine of today. */
const TICK_MILLISECONDS = 10;

/** Children of a process, theirs and so on, without itself. */
export async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number((await statOf(Number(name)))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = children.get(pid) ?? []; next.length > 0; next = next.flatMap((one) => children.get(one) ?? [])) {
    found.push(...next);
  }
  return found;
}

/** Milliseconds of CPU that a process has taken since it began; `undefined` where it has ended. */
export async function cpuOf(pid: number): Promise<number | undefined> {
  const stat = await statOf(pid);
  return stat && (Number(stat[11]) + Number(stat[12])) * TICK_MILLISECONDS;
}

/** A variable of a process's environment. */
export async function variableOf(pid: number, name: string): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment
    .split('\0')
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** The fields of `/proc/<pid>/stat` from the state on: what stands before may have spaces and parentheses. */
async function statOf(pid: number): Promise<string[] | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}
