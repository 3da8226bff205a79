import { LANE_OBJECTIVE_SECONDS, type LaneKind, MIN_LANE_CONCURRENCY } from '../../contract.ts';
import { type LaneState, laneOf, tasksPerExecutorSecond, waitingTasks } from './lane.ts';

/**
 * A lane closes at this share of its objective: how fast it works is known from the last minute, and `npm run loadtest:lanes`
 * has seen tasks wait for up to 11 % longer than was estimated.
 */
const CLOSING = 0.85;

/** A closed lane opens again below this share, so that it does not open and close in turns. */
const REOPENING = 0.7;

/** Less urgent work is refused before a more urgent lane closes: from this share of where that lane does. */
const PRECEDENCE = 0.8;

/** The lanes whose fullness closes a lane too; work of a batch lane may have any priority. */
const MORE_URGENT: Readonly<Record<LaneKind, readonly LaneKind[]>> = {
  express: [],
  high: [],
  normal: ['high'],
  batch: ['high'],
  low: ['high', 'normal'],
};

/** No refused caller is asked to wait longer before another try: by then there is another estimate. */
const MAX_RETRY_AFTER_SECONDS = 600;

/** Returns the seconds until a lane's executors have got through `tasks`; `null` where nobody knows how fast they are. */
function secondsFor(lane: LaneState, tasks: number, executors: number): number | null {
  if (tasks <= 0) return 0;
  const rate = tasksPerExecutorSecond(lane);
  return rate === undefined ? null : tasks / (rate * executors);
}

/** Returns how long a task waits that comes behind so many others. */
export const estimatedWaitSeconds = (lane: LaneState, tasks = waitingTasks(lane)): number | null =>
  secondsFor(lane, tasks, lane.maxConcurrency);

/**
 * Returns how long the last task now in the lane waits at the most: the lane keeps two executors, whatever the others have
 * to do.
 */
export const worstWaitSeconds = (lane: LaneState): number | null =>
  secondsFor(lane, waitingTasks(lane), MIN_LANE_CONCURRENCY);

export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly estimatedWaitSeconds: number; readonly retryAfterSeconds: number };

/**
 * Decides whether a lane takes new work, by the waits of all lanes of its executor; a wait that nobody knows closes none.
 * `wasAdmitting` is the decision before this one: between closing and opening there is a gap.
 */
export function admission(
  executorKey: string,
  waitSeconds: (executorKey: string) => number | null,
  wasAdmitting: boolean,
): Admission {
  const { resourceClass, kind, shard } = laneOf(executorKey);
  const causes = [{ kind, from: 1 }, ...MORE_URGENT[kind].map((urgent) => ({ kind: urgent, from: PRECEDENCE }))].map(
    (cause) => {
      const wait = waitSeconds(`${resourceClass}/${cause.kind}/${shard}`) ?? 0;
      return { wait, fullness: wait / (LANE_OBJECTIVE_SECONDS[cause.kind] * cause.from) };
    },
  );
  const worst = causes.reduce((most, cause) => (cause.fullness > most.fullness ? cause : most));
  if (worst.fullness <= (wasAdmitting ? CLOSING : REOPENING)) return { admitted: true };
  const untilOpenSeconds = Math.ceil(worst.wait * (1 - REOPENING / worst.fullness));
  return {
    admitted: false,
    estimatedWaitSeconds: Math.ceil(waitSeconds(executorKey) ?? 0),
    retryAfterSeconds: Math.min(Math.max(1, untilOpenSeconds), MAX_RETRY_AFTER_SECONDS),
  };
}

/** Returns the lanes of one executor, each with whether it takes new work for now. */
export function withAdmission(lanes: readonly LaneState[]): LaneState[] {
  const waits = new Map(lanes.map((lane) => [lane.executorKey, estimatedWaitSeconds(lane)]));
  return lanes.map((lane) => ({
    ...lane,
    isAdmitting: admission(lane.executorKey, (key) => waits.get(key) ?? null, lane.isAdmitting).admitted,
  }));
}
