import { isFinished, type TaskSummary } from '../api/task.ts';

/** A read waits so long for the end of a task: of one that executors have in hand until it may have made progress. */
const WAIT_SECONDS = 20;
const WAIT_WITH_PROGRESS_SECONDS = 5;

/** Less than this is no wait. */
const SHORTEST_WAIT_MS = 1_000;

/** Tells whether a read of a task that is open still has waited: the API has a bound for those that do, and says where it is full. */
export const hasWaited = (headers: Pick<Headers, 'get'>, tookMilliseconds: number): boolean =>
  headers.get('millrace-waiting') === null && tookMilliseconds >= SHORTEST_WAIT_MS;

/** Says how long a read waits for the end of a task that was last seen so. The first waits not at all: there is nothing to look at yet. */
export function waitSecondsOf(seen: Pick<TaskSummary, 'status'> | undefined): number {
  if (seen === undefined || isFinished(seen)) return 0;
  return seen.status === 'queued' || seen.status === 'running' ? WAIT_WITH_PROGRESS_SECONDS : WAIT_SECONDS;
}

/** After a read that could not wait, the next one comes after so many seconds: twice as many each time. */
const FIRST_PAUSE_SECONDS = 2;
const MAX_PAUSE_SECONDS = 16;
/** After one that did, it follows at once. */
const NO_PAUSE_SECONDS = 0.1;

/** Says after how many seconds to read an open task again, where so many reads in a row could not wait. */
export const pauseSecondsAfter = (refusals: number): number =>
  refusals === 0 ? NO_PAUSE_SECONDS : Math.min(FIRST_PAUSE_SECONDS * 2 ** (refusals - 1), MAX_PAUSE_SECONDS);
