import type { TenantId } from '../task/ids.ts';

/** What a key may ask for in the name of its tenant; what is missing is not limited. */
export type TenantLimits = {
  /** Tasks submitted in a second, and at one moment after a pause. */
  readonly ratePerSecond?: number;
  /** Tasks that have not ended. */
  readonly maxOpenTasks?: number;
};

/**
 * The token buckets of tenants, one for each rate, which all routers draw from. A bucket holds as many tasks as its rate
 * brings in a second, one at the least: that many come in at one moment, and within any one second twice as many at most.
 */
export interface RateBuckets {
  /** Draws one task; where the bucket is empty, says from when on (milliseconds since the epoch) it is not. */
  draw(tenantId: TenantId, ratePerSecond: number, now: number): Promise<{ readonly emptyUntil?: number }>;
  /**
   * Lets in what takes so many `milliseconds` of a tenant's rate, unless something before it still does: then nothing is
   * charged, and this is how long that will be. 0 where it is let in.
   */
  charge(tenantId: TenantId, milliseconds: number, now: number): Promise<number>;
}

/**
 * Returns what a bucket can do now. It is known by the one moment at which it is full again: that is the later, the more
 * was drawn. So drawing is an addition, which routers can make at the same time. Moments are in whole microseconds, whose
 * sums are exact.
 */
export function bucketOf(ratePerSecond: number, nowMilliseconds: number) {
  const now = Math.ceil(nowMilliseconds * 1000);
  const timeOfTask = Math.max(1, Math.floor(1e6 / ratePerSecond));
  const capacity = Math.max(1, Math.floor(ratePerSecond));
  /** Returns the latest moment at which a bucket is full again that still has so many tasks. */
  const latestWith = (tasks: number): number => now + (capacity - tasks) * timeOfTask;
  return {
    now,
    timeOfTask,
    latestWith,
    tasksIn: (fullAt: number): number =>
      Math.max(0, Math.min(capacity, Math.floor((latestWith(0) - fullAt) / timeOfTask))),
    /** Returns when there is a task again, in milliseconds since the epoch. */
    emptyUntil: (fullAt: number): number => (now + fullAt - latestWith(1)) / 1000,
  };
}
