import type { TenantId } from '../core/ids.ts';
import type { Clock, Log, TenantUsage } from '../core/ports.ts';
import { RATE_WINDOW_SECONDS, type RateTallies, shareOfRate, type TenantLimits } from '../core/tenant-limits.ts';
import { soon } from './refreshed.ts';

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

/** How many tasks of a rate a router may let in within a window: the keys of a tenant may have different rates. */
type Share = (ratePerSecond: number) => number;

type Window = {
  readonly index: number;
  readonly before: { readonly index: number; readonly asked: number } | undefined;
  /** Anything, until the table has told; that is waited for until it is `known`, or not known soon. */
  share: Share;
  known: Promise<unknown>;
  asked: number;
  admitted: number;
};
/** What a tenant has submitted here since a moment. */
type Usage = {
  readonly since: number;
  submitted: number;
  /** Its tasks that have not ended, read when that is first asked for, and what it had submitted by then. */
  open: Open | undefined;
};

type Open = {
  /** Minus infinity until they are read, or where they cannot be; waited for as the share of a window is. */
  tasks: number;
  known: Promise<unknown>;
  readonly submitted: number;
};

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

  /** Counts one more submit, whatever becomes of it, unless it is one too many. */
  async rateRefusal(tenantId: TenantId, { ratePerSecond }: TenantLimits): Promise<Refusal | undefined> {
    if (ratePerSecond === undefined) return undefined;
    const window = this.#window(tenantId);
    window.asked += 1;
    await window.known;
    if (window.share(ratePerSecond) <= window.admitted) {
      const leftMilliseconds = (window.index + 1) * WINDOW_MILLISECONDS - this.#ports.clock();
      const retryAfterSeconds = Math.max(1, Math.ceil(leftMilliseconds / 1000));
      return { limit: `${ratePerSecond} tasks a second`, retryAfterSeconds };
    }
    window.admitted += 1;
    return undefined;
  }

  /** Counts one more task, unless it is one too many. */
  async openRefusal(tenantId: TenantId, { maxOpenTasks }: TenantLimits): Promise<Refusal | undefined> {
    const usage = this.#usage(tenantId);
    if (maxOpenTasks !== undefined) {
      const open = this.#open(tenantId, usage);
      await open.known;
      if (open.tasks + usage.submitted - open.submitted >= maxOpenTasks) {
        return { limit: `${maxOpenTasks} open tasks`, retryAfterSeconds: USAGE_MILLISECONDS / 1000 };
      }
    }
    usage.submitted += 1;
    return undefined;
  }

  /**
   * Whether a tenant surely has no more than so many tasks that have not ended: with the one that was just counted, and
   * those that came `together` with it in one request.
   */
  async hasAtMostOpen(tasks: number, tenantId: TenantId, together: number): Promise<boolean> {
    const usage = this.#usage(tenantId);
    const known = () => Math.max(usage.submitted, together);
    if (known() > tasks) return false;
    // What was submitted of late may not be among them yet, and is counted twice where it is.
    const open = this.#open(tenantId, usage);
    await open.known;
    return Number.isFinite(open.tasks) && open.tasks + known() <= tasks;
  }

  #window(tenantId: TenantId): Window {
    const index = Math.floor(this.#ports.clock() / WINDOW_MILLISECONDS);
    const known = this.#windows.get(tenantId);
    if (known?.index === index) return known;
    const before = known && { index: known.index, asked: known.asked };
    const window: Window = { index, before, share: ANY, known: Promise.resolve(), asked: 0, admitted: 0 };
    const told = async (): Promise<void> => {
      const tally = await this.#ports.tallies.report(tenantId, index, askedIn(index - 1, known));
      window.share = (ratePerSecond) => shareOfRate(ratePerSecond, tally, askedIn(index - 2, known));
    };
    window.known = this.#soon(told(), 'rate not known: nobody is refused', tenantId);
    remember(this.#windows, tenantId, window);
    return window;
  }

  #usage(tenantId: TenantId): Usage {
    const now = this.#ports.clock();
    const known = this.#usages.get(tenantId);
    if (known !== undefined && now - known.since < USAGE_MILLISECONDS) return known;
    const usage = { since: now, submitted: 0, open: undefined };
    remember(this.#usages, tenantId, usage);
    return usage;
  }

  #open(tenantId: TenantId, usage: Usage): Open {
    if (usage.open !== undefined) return usage.open;
    const open: Open = {
      ...{ tasks: Number.NEGATIVE_INFINITY, known: Promise.resolve(), submitted: usage.submitted },
    };
    const told = async (): Promise<void> => {
      open.tasks = await this.#ports.usage.openTasks(tenantId);
    };
    open.known = this.#soon(told(), 'open tasks not known: nobody is refused', tenantId);
    usage.open = open;
    return open;
  }

  /** Waits half a second at most, however many wait with it. An answer that comes later counts from then on. */
  async #soon(answer: Promise<void>, otherwise: string, tenant: TenantId): Promise<void> {
    const failed = (error: unknown) => this.#ports.log('warn', otherwise, { tenant, reason: String(error) });
    const isKnown = answer.then(
      () => true,
      (error) => {
        failed(error);
        return true;
      },
    );
    if (!(await soon(isKnown, false))) failed('it takes long');
  }
}

const ANY: Share = () => Number.POSITIVE_INFINITY;

/** What this router was asked for in a window, if it is the one that it knows or the one before. */
const askedIn = (index: number, known: Window | undefined): number =>
  [known, known?.before].find((window) => window?.index === index)?.asked ?? 0;

/** What was remembered first is forgotten first. */
function remember<T>(map: Map<TenantId, T>, tenantId: TenantId, value: T): void {
  map.delete(tenantId);
  map.set(tenantId, value);
  const [oldest] = map.keys();
  if (map.size > MAX_TENANTS && oldest !== undefined) map.delete(oldest);
}
