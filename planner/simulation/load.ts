import type { SharedLaneKind } from '../../functions/contract.ts';
import { type Micros, SECOND } from '../time.ts';
import { poisson, type Random } from './service.ts';

/** For a while the rate is so many times what it is. */
export type Spike = { readonly factor: number; readonly from: Micros; readonly to: Micros };

/** What callers submit. */
export type Load = {
  readonly tasksPerSecond: number;
  /** How long they go on. */
  readonly lasting: Micros;
  readonly spikes: readonly Spike[];
  /** Tasks that wait when it begins. */
  readonly backlog: number;
  /** Each lane's share of the tasks; they add up to 1. */
  readonly mix: Readonly<Partial<Record<SharedLaneKind, number>>>;
  /** Tasks of one submit. */
  readonly bulk: number;
};

/** Returns how many tasks are to be expected in all. */
export function expectedTasks({ tasksPerSecond, lasting, spikes, backlog }: Load): number {
  const edges = [0, lasting, ...spikes.flatMap(({ from, to }) => [from, to])]
    .filter((edge) => edge <= lasting)
    .sort((a, b) => a - b);
  const submitted = edges.slice(1).map((to, index) => {
    const from = edges[index] ?? 0;
    return tasksPerSecond * factorAt(spikes, from) * ((to - from) / SECOND);
  });
  return submitted.reduce((sum, tasks) => sum + tasks, backlog);
}

const factorAt = (spikes: readonly Spike[], now: Micros): number =>
  spikes.filter(({ from, to }) => from <= now && now < to).reduce((product, { factor }) => product * factor, 1);

/** Returns the tasks a second at the height of the highest spike. */
export function peakTasksPerSecond({ tasksPerSecond, spikes }: Load): number {
  return tasksPerSecond * Math.max(1, ...spikes.map(({ from }) => factorAt(spikes, from)));
}

/** Returns when the rate changes next, or the submits end. */
const edgeAfter = ({ spikes, lasting }: Load, now: Micros): Micros =>
  Math.min(lasting, ...spikes.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > now));

export type Arrival = { readonly at: Micros; readonly tasks: number };

/**
 * Draws when a lane's next submits come after `now`: independently of each other, as those of many callers do (a Poisson
 * process). They are one submit if `tick` is 1 µs, else all of the first tick that has any.
 */
export function nextArrival(load: Load, share: number, now: Micros, tick: Micros, random: Random): Arrival | undefined {
  for (let from = now; from < load.lasting; ) {
    const edge = edgeAfter(load, from);
    const submitsPerMicro = (load.tasksPerSecond * share * factorAt(load.spikes, from)) / load.bulk / SECOND;
    if (tick > 1) {
      // Every tick counts, so that nothing has to be summed up over several of them.
      const submits = poisson(submitsPerMicro * tick, random);
      from += tick;
      if (submits > 0) return { at: from, tasks: submits * load.bulk };
      continue;
    }
    const at = submitsPerMicro === 0 ? edge : from + Math.ceil(-Math.log(1 - random()) / submitsPerMicro);
    if (at < edge) return { at, tasks: load.bulk };
    from = edge;
  }
  return undefined;
}
