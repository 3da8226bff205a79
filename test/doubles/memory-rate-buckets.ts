import type { RateTallies, RateTally } from '../../functions/core/tenant-limits.ts';

export class MemoryRateTallies implements RateTallies {
  readonly #routers = new Map<string, number>();
  readonly #asked = new Map<string, number>();
  readonly #until = new Map<string, number>();
  reports = 0;

  async charge(tenantId: string, milliseconds: number, now: number): Promise<number> {
    const until = this.#until.get(tenantId) ?? now;
    if (until > now) return until - now;
    this.#until.set(tenantId, Math.ceil(now + milliseconds));
    return 0;
  }

  async report(tenantId: string, window: number, askedBefore: number): Promise<RateTally> {
    this.reports += 1;
    const [key, before, last] = [0, 1, 2].map((back) => `${tenantId}#${window - back}`) as [string, string, string];
    this.#routers.set(key, (this.#routers.get(key) ?? 0) + 1);
    this.#asked.set(before, (this.#asked.get(before) ?? 0) + askedBefore);
    return {
      routers: this.#routers.get(key) ?? 0,
      routersBefore: this.#routers.get(before) ?? 0,
      asked: this.#asked.get(last) ?? 0,
    };
  }
}
