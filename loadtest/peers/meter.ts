import { type Calls, PARTS, type Part, type Peer } from './peer.ts';
import { cpuOf } from './processes.ts';

/** A process that ends between two looks takes what it has used since the first of them with it. */
const LOOK_MILLISECONDS = 1_000;

export type Usage = {
  /** Milliseconds of CPU, by part. */
  readonly cpu: Readonly<Record<Part, number>>;
  readonly calls: Calls;
};

/** Measures what a peer uses from now on; the function that it returns says how much that was. */
export async function startMeter(peer: Peer): Promise<() => Promise<Usage>> {
  const looks = new Map<number, { readonly part: Part; readonly first: number; last: number }>();
  const look = (isFirst: boolean): void => {
    for (const [pid, part] of peer.processes()) {
      const now = cpuOf(pid);
      if (now === undefined) continue;
      const seen = looks.get(pid);
      if (seen === undefined) looks.set(pid, { part, first: isFirst ? now : 0, last: now });
      else seen.last = now;
    }
  };
  const callsBefore = await peer.calls();
  look(true);
  const looking = setInterval(look, LOOK_MILLISECONDS, false);
  return async () => {
    clearInterval(looking);
    look(false);
    const calls = Object.entries(await peer.calls()).map(([name, count]) => [name, count - (callsBefore[name] ?? 0)]);
    const cpu = PARTS.map((part) => {
      const ofPart = [...looks.values()].filter((one) => one.part === part);
      return [part, ofPart.reduce((sum, { first, last }) => sum + last - first, 0)];
    });
    return { cpu: Object.fromEntries(cpu), calls: Object.fromEntries(calls.filter(([, count]) => count !== 0)) };
  };
}
