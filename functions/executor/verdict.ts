import { LEASE_MARGIN_SECONDS } from '../contract.ts';
import type { TaskSeed } from '../core/task.ts';

/** What becomes of the message: deleted, or left on its lane and visible again after so many seconds. */
export type Verdict = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

export const DELETE: Verdict = { keep: false };

/** SQS takes up to 12 hours (43,200 s) from the delivery on. */
const LONGEST_HOLD_SECONDS = 43_000;

export const keepFor = (milliseconds: number): Verdict => ({
  keep: true,
  seconds: Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), LONGEST_HOLD_SECONDS),
});

/** Beyond the lease's end, so that the next claim finds it expired. */
export const VISIBILITY_MARGIN_SECONDS = 3;

/** How long an attempt may hold its message: afterwards the lease is over and another may claim. */
export const secondsOfAttempt = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS;
