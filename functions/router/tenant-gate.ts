import type { TenantId } from '../core/ids.ts';
import type { Clock, Log, TenantUsage } from '../core/ports.ts';
import { RATE_WINDOW_SECONDS, type RateTallies, shareOfRate, type TenantLimits } from '../core/tenant-limits.ts';

export type TenantGatePorts = {
  readonly tallies: RateTallies;
  readonly usage: TenantUsage;
  readonly clock: Clock;
  readonly log: Log;
};

const WINDOW_MILLISECONDS = RATE_WINDOW_SECONDS * 1000;

/** How old the count of a tenant's open tasks may be. */
const USAGE_MILLISECONDS = 5_000;

/** Tenants that are remembered at a time. */
const MAX_TENANTS = 1_000;

type Window = {
  readonly index: number;
  readonly before: { readonly index: number; readonly asked: number } | undefined;
  readonly allowed: Promise<number>;
  asked: number;
  admitted: number;
};
type Usage = { readonly readAt: number; readonly open: Promise<number>; since: number };

/** What a tenant has too much of, and when to try again. */
export type Refusal = { readonly limit: string; readonly retryAfterSeconds: number };

/**
 * Holds tenants to their limits, over all routers: each reports at most once in five seconds, and in between lets in its
 * part. Where the table does not answer nobody is refused.
 */
export class TenantGate {
  readonly #ports: TenantGatePorts;
  readonly #windows = new Map<TenantId, Window>();
  readonly #usages = new Map<TenantId, Usage>();

  constructor(ports: TenantGatePorts) {
    this.#ports = ports;
  }

  /** Counts one more task, unless it is one too many. */
  async refusal(tenantId: TenantId, { ratePerSecond, maxOpenTasks }: TenantLimits): Promise<Refusal | undefined> {
    if (ratePerSecond !== undefined) {
      const window = this.#window(tenantId, ratePerSecond);
      window.asked += 1;
      if ((await window.allowed) <= window.admitted) {
        const leftMilliseconds = (window.index + 1) * WINDOW_MILLISECONDS - this.#ports.clock();
        const retryAfterSeconds = Math.max(1, Math.ceil(leftMilliseconds / 1000));
        return { limit: `${ratePerSecond} tasks a second`, retryAfterSeconds };
      }
      window.admitted += 1;
    }
    if (maxOpenTasks !== undefined) {
      const usage = this.#usage(tenantId);
      if ((await usage.open) + usage.since >= maxOpenTasks) {
        return { limit: `${maxOpenTasks} open tasks`, retryAfterSeconds: USAGE_MILLISECONDS / 1000 };
      }
      usage.since += 1;
    }
    return undefined;
  }

  #window(tenantId: TenantId, ratePerSecond: number): Window {
    const index = Math.floor(this.#ports.clock() / WINDOW_MILLISECONDS);
    const known = this.#windows.get(tenantId);
    if (known?.index === index) return known;
    const allowed = this.#allowed(tenantId, ratePerSecond, index, known);
    const before = known && { index: known.index, asked: known.asked };
    const window = { index, before, allowed, asked: 0, admitted: 0 };
    remember(this.#windows, tenantId, window);
    return window;
  }

  async #allowed(tenantId: TenantId, rate: number, index: number, known: Window | undefined): Promise<number> {
    const { tallies, log } = this.#ports;
    const askedIn = (wanted: number): number =>
      [known, known?.before].find((window) => window?.index === wanted)?.asked ?? 0;
    try {
      return shareOfRate(rate, await tallies.report(tenantId, index, askedIn(index - 1)), askedIn(index - 2));
    } catch (error) {
      log('warn', 'rate not known: nobody is refused', { tenant: tenantId, reason: String(error) });
      return Number.POSITIVE_INFINITY;
    }
  }

  #usage(tenantId: TenantId): Usage {
    const { usage, clock, log } = this.#ports;
    const known = this.#usages.get(tenantId);
    if (known !== undefined && clock() - known.readAt < USAGE_MILLISECONDS) return known;
    const open = usage.openTasks(tenantId).catch((error) => {
      log('warn', 'open tasks not known: nobody is refused', { tenant: tenantId, reason: String(error) });
      return Number.NEGATIVE_INFINITY;
    });
    const read = { readAt: clock(), open, since: 0 };
    remember(this.#usages, tenantId, read);
    return read;
  }
}

/** What was remembered first is forgotten first. */
function remember<T>(map: Map<TenantId, T>, tenantId: TenantId, value: T): void {
  map.delete(tenantId);
  map.set(tenantId, value);
  const [oldest] = map.keys();
  if (map.size > MAX_TENANTS && oldest !== undefined) map.delete(oldest);
}
