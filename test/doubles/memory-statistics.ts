import type { Minute, Statistics, TenantUsage } from '../../functions/core/ports.ts';
import {
  type Contribution,
  placeOf,
  type StatisticsRow,
  sumOf,
  type Tally,
  unseen,
} from '../../functions/core/statistics.ts';
import type { TenantId } from '../../functions/core/task/ids.ts';

type Sums = {
  readonly row: StatisticsRow;
  readonly seen: Map<string, string>;
  tally: Tally;
  readonly types: Set<string>;
};

/** Keeps the statistics in a map: the same contract as on DynamoDB. */
export class MemoryStatistics implements Statistics, TenantUsage {
  readonly #rows = new Map<string, Sums>();

  async add(shard: string, row: StatisticsRow, contributions: readonly Contribution[]): Promise<void> {
    const key = JSON.stringify(row);
    const sums = this.#rows.get(key) ?? { row, seen: new Map<string, string>(), tally: {}, types: new Set<string>() };
    const left = unseen(contributions, sums.seen.get(shard));
    const last = left.at(-1);
    if (last === undefined) return;
    sums.seen.set(shard, placeOf(last));
    sums.tally = sumOf([sums.tally, ...left.map(({ tally }) => tally)]);
    for (const { type } of left) if (type !== undefined) sums.types.add(type);
    this.#rows.set(key, sums);
  }

  async minutes(tenantId: TenantId, type: string, from: number, to: number): Promise<readonly Minute[]> {
    return [...this.#rows.values()]
      .flatMap(({ row, tally }) => ('minute' in row ? [{ ...row, tally }] : []))
      .filter((row) => row.tenantId === tenantId && row.type === type && row.minute >= from && row.minute < to)
      .map(({ minute, tally }) => ({ minute, tally }))
      .toSorted((a, b) => a.minute - b.minute);
  }

  async tenants(): Promise<readonly TenantId[]> {
    return [...this.#rows.values()].flatMap(({ row }) => ('minute' in row ? [] : [row.tenantId]));
  }

  async types(tenantId: TenantId): Promise<readonly string[]> {
    return [...(this.#rows.get(JSON.stringify({ tenantId }))?.types ?? [])];
  }

  async openTasks(tenantId: TenantId): Promise<number> {
    return this.#rows.get(JSON.stringify({ tenantId }))?.tally.open ?? 0;
  }
}
