import { type Calls, PARTS, type Part, type Peer } from './peer.ts';
import { cpuOf } from './processes.ts';

/** A process that ends between two looks takes what it has used since the first of them with it. */
const LOOK_MILLISECONDS = 500;

export type Usage = {
  /** Milliseconds of CPU, by part. */
  readonly cpu: Readonly<Record<Part, number>>;
  readonly calls: Calls;
};

/** Measures what a peer uses from now on; the function that it returns says how much that was. */
export async function startMeter(peer: Peer): Promise<() => Promise<Usage>> {
  const looks = new Map<number, { readonly part: Part; readonly first: number; last: number }>();
  const look = async (isFirst: boolean): Promise<void> => {
    for (const [pid, part] of await peer.processes()) {
      const now = await cpuOf(pid);
      if (now === undefined) continue;
      const seen = looks.get(pid);
      if (seen === undefined) looks.set(pid, { part, first: isFirst ? now : 0, last: now });
      else seen.last = now;
    }
  };
  const callsBefore = await peer.calls();
  await look(true);
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      await look(false);
    }
  })();
  return async () => {
    isOver = true;
    await looking;
    const calls = Object.entries(await peer.calls()).map(([name, count]) => [name, count - (callsBefore[name] ?? 0)]);
    const cpu = PARTS.map((part) => {
      const ofPart = [...looks.values()].filter((one) => one.part === part);
      return [part, ofPart.reduce((sum, { first, last }) => sum + last - first, 0)];
    });
    return { cpu: Object.fromEntries(cpu), calls: Object.fromEntries(calls.filter(([, count]) => count !== 0)) };
  };
}
