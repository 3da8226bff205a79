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

/** How old the count of a tenant's open tasks may be. */
const USAGE_MILLISECONDS = 5_000;

/** For so long a table that does not answer is not asked for a rate again: a bulk would wait for it many times. */
const SILENCE_MILLISECONDS = 1_000;

/** Tenants, and buckets, that are remembered at a time. */
const MAX_TENANTS = 1_000;

/** What holds for a bucket until then, without another question: that it is empty, or that the table does not answer. */
type RateState = { readonly until: number; readonly isEmpty: boolean };

/** What a tenant has submitted here since a moment. */
type Usage = {
  readonly since: number;
  submitted: number;
  /** Its tasks that have not ended, read when that is first asked for, and what it had submitted by then. */
  open: Open | undefined;
};

type Open = {
  /** Minus infinity until they are read, or where they cannot be; waited for until that is `known`, or not known soon. */
  tasks: number;
  known: Promise<unknown>;
  readonly submitted: number;
};

/** What a tenant has too much of, and when to try again. */
export type Refusal = { readonly limit: string; readonly retryAfterSeconds: number };

/**
 * Holds tenants to their limits, over all routers: they draw from one bucket for a rate, and look at what is open at most
 * once in five seconds. Where the table does not answer nobody is refused.
 */
export class TenantGate {
  readonly #ports: TenantGatePorts;
  readonly #verdicts = new Map<string, RateState>();
  readonly #usages = new Map<TenantId, Usage>();

  constructor(ports: TenantGatePorts) {
    this.#ports = ports;
  }

  /** Counts one more submit, whatever becomes of it, unless it is one too many. */
  async rateRefusal(tenantId: TenantId, { ratePerSecond }: TenantLimits): Promise<Refusal | undefined> {
    if (ratePerSecond === undefined) return undefined;
    const [bucket, now] = [`${tenantId} ${ratePerSecond}`, this.#ports.clock()];
    const before = this.#verdicts.get(bucket);
    if (before === undefined || before.until <= now) {
      let emptyUntil: number | undefined;
      const drawn = async (): Promise<void> => {
        ({ emptyUntil } = await this.#ports.buckets.draw(tenantId, ratePerSecond, now));
      };
      const isKnown = await this.#soon(drawn(), 'rate not known: nobody is refused', tenantId);
      if (isKnown && emptyUntil === undefined) return undefined;
      remember(this.#verdicts, bucket, { until: emptyUntil ?? now + SILENCE_MILLISECONDS, isEmpty: isKnown });
    }
    const verdict = this.#verdicts.get(bucket);
    if (verdict?.isEmpty !== true) return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((verdict.until - now) / 1000));
    return { limit: `${ratePerSecond} tasks a second`, retryAfterSeconds };
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

  /** Waits half a second at most, however many wait with it, and says whether it is known now; a later answer counts, too. */
  async #soon(answer: Promise<void>, otherwise: string, tenant: TenantId): Promise<boolean> {
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

/** What was remembered first is forgotten first. */
function remember<K, T>(map: Map<K, T>, key: K, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_TENANTS && oldest !== undefined) map.delete(oldest);
}
