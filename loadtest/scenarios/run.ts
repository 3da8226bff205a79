import type { Fates } from './drain.ts';
import type { GarbageNote } from './garbage.ts';
import type { RequestRecord } from './generate-load.ts';
import type { Kind, Mix } from './mix.ts';
import type { ProcessSample } from './process-usage.ts';

/** All that was seen of a run. Times are milliseconds of this machine's clock. */
export type Run = {
  readonly scenario: string;
  readonly begunAt: number;
  /** When the last request was answered. */
  readonly loadEndedAt: number;
  /** When nothing was open any more; `undefined` where that was not waited for any longer. */
  readonly drainedAt: number | undefined;
  readonly requests: readonly RequestRecord[];
  /** What became of each task that was accepted, and of their subtasks. */
  readonly fates: Fates;
  readonly processes: readonly ProcessSample[];
  readonly garbage: readonly GarbageNote[];
  /** Of a load of our own. */
  readonly mix: Mix | undefined;
  readonly options: Readonly<Record<string, string | number>>;
};

/** A task from the moment at which its submit was due. */
export type TaskTimes = {
  /** Of the request that submitted it. */
  readonly kind: Kind;
  readonly lane: string;
  readonly dueAt: number;
  /** `undefined` where it has not ended, or was lost. */
  readonly endedAt: number | undefined;
  /** With the code of its error. */
  readonly status: string;
};

/** Whether its lane takes what comes; a batch lane gathers for seconds, which would be all that one sees. */
export const isPrompt = ({ lane }: Pick<TaskTimes, 'lane'>): boolean => !lane.endsWith('-batch');

/** Each accepted task once, at its first submit. */
export function taskTimes({ requests, fates }: Pick<Run, 'requests' | 'fates'>): TaskTimes[] {
  const ahead = clockAhead(requests);
  const times = new Map<string, TaskTimes>();
  for (const { kind, accepted, dueAt } of requests) {
    for (const { id, lane } of accepted) {
      const earlier = times.get(id);
      if (earlier !== undefined && earlier.dueAt <= dueAt) continue;
      const { finishedAt, status = 'lost', error } = fates.get(id) ?? {};
      const fate = error === undefined ? status : `${status}: ${error.code}`;
      times.set(id, {
        kind,
        lane,
        dueAt,
        status: fate,
        endedAt: finishedAt === undefined ? undefined : finishedAt - ahead,
      });
    }
  }
  return [...times.values()];
}

/**
 * By how many milliseconds the deployment's clock is ahead: each task was accepted between its request and the answer, which
 * leaves little room where there are many. On one machine it is 0.
 */
export function clockAhead(requests: Run['requests']): number {
  let [least, most] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { accepted, startedAt, endedAt, isReplayed } of requests) {
    if (isReplayed) continue;
    for (const { createdAt } of accepted) {
      least = Math.max(least, createdAt - endedAt);
      most = Math.min(most, createdAt - startedAt);
    }
  }
  return Math.min(Math.max(0, least), most);
}
