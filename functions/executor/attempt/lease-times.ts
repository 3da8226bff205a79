import type { RunningTask } from '../../core/task/task.ts';

/** An attempt may outlive its task's timeout by this much: the claim before it, and the settlement behind it. */
export const ATTEMPT_MARGIN_SECONDS = 15;

/**
 * A lease lasts so long at the most, whatever its task's timeout is: the executor renews it while the attempt goes on. So the
 * task of an executor that was killed runs again soon, a long one too.
 */
export const LEASE_SECONDS = 18;

/** The lease of a claim: a short attempt needs no longer one, and is over before it would be renewed. */
export const leaseSecondsOf = (timeoutSeconds: number): number =>
  Math.min(timeoutSeconds + ATTEMPT_MARGIN_SECONDS, LEASE_SECONDS);

/** Returns when an attempt has to be over, settled too: its claim may have begun while others of its batch were claimed. */
export const attemptEndOf = ({ startedAt, timeoutSeconds }: RunningTask): number =>
  startedAt + (timeoutSeconds + ATTEMPT_MARGIN_SECONDS) * 1000;
