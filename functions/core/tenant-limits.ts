import type { TenantId } from './ids.ts';

/** What a key may ask for in the name of its tenant; what is missing is not limited. */
export type TenantLimits = {
  /** Tasks submitted in a second. */
  readonly ratePerSecond?: number;
  /** Tasks that have not ended. */
  readonly maxOpenTasks?: number;
};

/** A rate holds for each window of so many seconds. */
export const RATE_WINDOW_SECONDS = 5;

/** What routers know together of the tasks that a tenant submits. */
export type RateTally = {
  /** Routers that have reported for this window so far, the reporting one included, and for the one before. */
  readonly routers: number;
  readonly routersBefore: number;
  /** Tasks that all routers together were asked for in the last window but one. */
  readonly asked: number;
};

export interface RateTallies {
  /** Joins a router in a window; `askedBefore` is what it was asked for in the window before. */
  report(tenantId: TenantId, window: number, askedBefore: number): Promise<RateTally>;
  /**
   * Lets in what takes so many `milliseconds` of a tenant's rate, unless something before it still does: then nothing is
   * charged, and this is how long that will be. 0 where it is let in.
   */
  charge(tenantId: TenantId, milliseconds: number, now: number): Promise<number>;
}

/**
 * The part of a tenant's rate that a router may let in within a window, without asking again: as large as its part in what
 * the tenant asked for, or where that is not known, as that of the others. Nobody can tell how many more routers there will
 * be in a window than in the one before, so each of these has half of the last one's part: together they let in twice the
 * rate at most, in the first window of a tenant, and hardly more than the rate later.
 */
export function shareOfRate(
  ratePerSecond: number,
  { routers, routersBefore, asked }: RateTally,
  ownAsked: number,
): number {
  const limit = Math.max(1, Math.floor(ratePerSecond * RATE_WINDOW_SECONDS));
  if (asked > 0 && ownAsked > 0) return Math.ceil(limit * Math.min(1, ownAsked / asked));
  const expected = Math.max(1, routersBefore);
  const unexpected = Math.max(0, routers - expected);
  return unexpected === 0 ? Math.ceil(limit / expected) : Math.floor(limit / expected / 2 ** unexpected);
}
