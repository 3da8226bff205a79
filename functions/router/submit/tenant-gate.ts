import type { Clock, Log, TenantUsage } from '../../core/ports.ts';
import type { TenantId } from '../../core/task/ids.ts';
import type { RateBuckets, TenantLimits } from '../../core/tenant/tenant-limits.ts';
import { withinPatience } from './polled-value.ts';

export type TenantGatePorts = {
  readonly buckets: RateBuckets;
  readonly usage: TenantUsage;
  readonly clock: Clock;
  readonly log: Log;
};

/** The count of a tenant's open tasks may be so old. */
const COUNT_MILLISECONDS = 5_000;

/** For so long a table that does not answer is not asked for a rate again: a bulk would wait for it many times. */
const SILENCE_MILLISECONDS = 1_000;

/** So many tenants, and buckets, are remembered at a time. */
const MAX_TENANTS = 1_000;

/** What holds for a bucket until then, without another question: that it is empty, or that the table does not answer. */
type BucketState = { readonly until: number; readonly isEmpty: boolean };

/** What a tenant has submitted here since a moment. */
type RecentSubmits = {
  readonly since: number;
  count: number;
  /** Its tasks that have not ended; missing until they are first asked for. */
  open: OpenTasks | undefined;
};

type OpenTasks = {
  /** Minus infinity until the count is read, or where it cannot be. */
  count: number;
  /** Fulfilled when the count is read, or not known soon. */
  known: Promise<unknown>;
  /** Submits that came before the question, and are among the count. */
  readonly submitsBefore: number;
};

/** What a tenant has too much of, and when to try again. */
export type Refusal = { readonly limit: string; readonly retryAfterSeconds: number };

/**
 * Holds tenants to their limits, over all routers: they draw from one bucket for a rate, and look at what is open at most
 * once in five seconds. Where the table does not answer nobody is refused.
 */
export class TenantGate {
  readonly #ports: TenantGatePorts;
  readonly #buckets = new Map<string, BucketState>();
  readonly #recent = new Map<TenantId, RecentSubmits>();

  constructor(ports: TenantGatePorts) {
    this.#ports = ports;
  }

  /** Counts one more submit, whatever becomes of it, unless it is one too many. */
  async rateRefusal(tenantId: TenantId, { ratePerSecond }: TenantLimits): Promise<Refusal | undefined> {
    if (ratePerSecond === undefined) return undefined;
    const now = this.#ports.clock();
    const bucket = await this.#drawFrom(tenantId, ratePerSecond, now);
    if (bucket?.isEmpty !== true) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((bucket.until - now) / 1000));
    return { limit: `${ratePerSecond} tasks a second`, retryAfterSeconds };
  }

  /** Draws from a tenant's bucket. Returns what holds for the bucket where nothing could be drawn. */
  async #drawFrom(tenantId: TenantId, ratePerSecond: number, now: number): Promise<BucketState | undefined> {
    const key = `${tenantId} ${ratePerSecond}`;
    const before = this.#buckets.get(key);
    if (before !== undefined && before.until > now) return before;
    let emptyUntil: number | undefined;
    const draw = async (): Promise<void> => {
      ({ emptyUntil } = await this.#ports.buckets.draw(tenantId, ratePerSecond, now));
    };
    const isKnown = await this.#isKnownSoon(draw(), 'rate not known: nobody is refused', tenantId);
    if (isKnown && emptyUntil === undefined) return undefined;
    const state = { until: emptyUntil ?? now + SILENCE_MILLISECONDS, isEmpty: isKnown };
    remember(this.#buckets, key, state);
    return state;
  }

  /** Counts one more task, unless it is one too many. */
  async openRefusal(tenantId: TenantId, { maxOpenTasks }: TenantLimits): Promise<Refusal | undefined> {
    const recent = this.#recentOf(tenantId);
    if (maxOpenTasks !== undefined) {
      const open = this.#openOf(tenantId, recent);
      await open.known;
      if (open.count + recent.count - open.submitsBefore >= maxOpenTasks) {
        return { limit: `${maxOpenTasks} open tasks`, retryAfterSeconds: COUNT_MILLISECONDS / 1000 };
      }
    }
    recent.count += 1;
    return undefined;
  }

  /**
   * Says whether a tenant surely has no more than so many tasks that have not ended: with the one that was just counted, and
   * those that came `together` with it in one request.
   */
  async hasAtMostOpen(tasks: number, tenantId: TenantId, together: number): Promise<boolean> {
    const recent = this.#recentOf(tenantId);
    const submitted = () => Math.max(recent.count, together);
    if (submitted() > tasks) return false;
    // What was submitted of late may not be among the open tasks yet, and is counted twice where it is.
    const open = this.#openOf(tenantId, recent);
    await open.known;
    return Number.isFinite(open.count) && open.count + submitted() <= tasks;
  }

  #recentOf(tenantId: TenantId): RecentSubmits {
    const now = this.#ports.clock();
    const known = this.#recent.get(tenantId);
    if (known !== undefined && now - known.since < COUNT_MILLISECONDS) return known;
    const recent = { since: now, count: 0, open: undefined };
    remember(this.#recent, tenantId, recent);
    return recent;
  }

  #openOf(tenantId: TenantId, recent: RecentSubmits): OpenTasks {
    if (recent.open !== undefined) return recent.open;
    const open: OpenTasks = {
      count: Number.NEGATIVE_INFINITY,
      known: Promise.resolve(),
      submitsBefore: recent.count,
    };
    const read = async (): Promise<void> => {
      open.count = await this.#ports.usage.openTasks(tenantId);
    };
    open.known = this.#isKnownSoon(read(), 'open tasks not known: nobody is refused', tenantId);
    recent.open = open;
    return open;
  }

  /** Waits half a second at most, however many wait with it, and says whether the answer has come; a later one counts, too. */
  async #isKnownSoon(answer: Promise<void>, otherwise: string, tenant: TenantId): Promise<boolean> {
    const failed = (error: unknown) => this.#ports.log('warn', otherwise, { tenant, reason: String(error) });
    const isKnown = answer.then(
      () => true,
      (error) => {
        failed(error);
        return false;
      },
    );
    const known = await withinPatience<boolean | undefined>(isKnown, undefined);
    if (known === undefined) failed('it takes long');
    return known ?? false;
  }
}

/** Keeps a value under its key; what was remembered first is forgotten first. */
function remember<K, T>(map: Map<K, T>, key: K, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_TENANTS && oldest !== undefined) map.delete(oldest);
}
