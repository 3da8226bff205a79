import { bucketOf, type RateBuckets } from '../../functions/core/tenant/tenant-limits.ts';

export class MemoryRateBuckets implements RateBuckets {
  readonly #fullAt = new Map<string, number>();
  readonly #until = new Map<string, number>();
  draws = 0;

  async charge(tenantId: string, milliseconds: number, now: number): Promise<number> {
    const until = this.#until.get(tenantId) ?? now;
    if (until > now) return until - now;
    this.#until.set(tenantId, Math.ceil(now + milliseconds));
    return 0;
  }

  async draw(tenantId: string, ratePerSecond: number, now: number): Promise<{ readonly emptyUntil?: number }> {
    this.draws += 1;
    const key = `${tenantId}#${ratePerSecond}`;
    const bucket = bucketOf(ratePerSecond, now);
    const fullAt = Math.max(bucket.now, this.#fullAt.get(key) ?? 0);
    if (bucket.tasksIn(fullAt) < 1) return { emptyUntil: bucket.emptyUntil(fullAt) };
    this.#fullAt.set(key, fullAt + bucket.timeOfTask);
    return {};
  }
}
