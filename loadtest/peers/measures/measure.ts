import type { Usage } from '../meter.ts';
import type { Part, Peer } from '../peer.ts';

/** One number of a measurement. */
export type Figure = {
  /** What it is, with its unit. */
  readonly name: string;
  /** `NaN` where there is none. */
  readonly value: number;
  readonly better: 'more' | 'less' | 'neither';
  /** A part of another figure: it is told below the table, as what it is of this. */
  readonly of?: string;
};

export type Settings = {
  /** Of each rate. */
  readonly seconds: number;
  /** Of one bulk submit, and of what waits before a sample. */
  readonly bulk: number;
  readonly samples: number;
};

export type Measure = {
  readonly name: string;
  readonly title: string;
  /** How it is measured, in a sentence or two. */
  readonly method: string;
  /**
   * It consists of waiting: it is done once, however many rounds the others have, and begun with one peer so many seconds after
   * the one before, whose tasks it does not wait for.
   */
  readonly staggerSeconds?: number;
  run(peer: Peer, settings: Settings): Promise<Figure[]>;
};

export const less = (name: string, value: number): Figure => ({ name, value, better: 'less' });
export const more = (name: string, value: number): Figure => ({ name, value, better: 'more' });
export const plain = (name: string, value: number): Figure => ({ name, value, better: 'neither' });

/** A quantile of values in any order; `NaN` of none. */
export function quantile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(rank * sorted.length) - 1)] ?? Number.NaN;
}

/** p50 and p95 of latencies. */
export const latencies = (name: string, milliseconds: readonly number[]): Figure[] => [
  less(`${name}, p50 ms`, quantile(milliseconds, 0.5)),
  less(`${name}, p95 ms`, quantile(milliseconds, 0.95)),
];

const PART_NAMES: Readonly<Record<Part, string>> = {
  door: 'door',
  worker: 'worker',
  projector: 'projector',
  control: 'control',
  store: 'emulator or database',
};

/** What each task has cost of CPU and calls. */
export function usageFigures(of: string, { cpu, calls }: Usage, tasks: number): Figure[] {
  const parts = Object.entries(cpu) as [Part, number][];
  const own = parts.filter(([part]) => part !== 'store').reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
  const sum = Object.values(calls).reduce((total, count) => total + count, 0);
  return [
    less(`${of}: CPU of the framework a task, ms`, own / tasks),
    ...parts
      .filter(([, milliseconds]) => milliseconds > 0)
      .map(([part, milliseconds]) => less(`${of}: CPU of ${PART_NAMES[part]} a task, ms`, milliseconds / tasks)),
    less(`${of}: calls a task`, sum / tasks),
    ...Object.entries(calls)
      .toSorted(([, one], [, other]) => other - one)
      .filter(([, count]) => count / tasks >= 0.005)
      .map(([name, count]): Figure => ({ name, value: count / tasks, better: 'neither', of: `${of}: calls a task` })),
  ];
}

/** Throws where a task has not ended, or not well: then nothing was measured. */
export function requireAll(
  peer: Peer,
  ids: readonly string[],
  ended: ReadonlyMap<string, { readonly status: string }>,
) {
  const failed = ids.filter((id) => ended.get(id)?.status !== 'succeeded');
  if (failed.length === 0) return;
  throw new Error(`${peer.title}: ${failed.length} of ${ids.length} tasks have not succeeded, such as ${failed[0]}`);
}
