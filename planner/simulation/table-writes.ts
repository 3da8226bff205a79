import type { DeployConfig } from '../../lib/config.ts';
import {
  CAPACITY_BURST_SECONDS,
  CAPACITY_GROWTH_MINUTES,
  GROWTH_OVER_PEAK,
  GROWTH_SECONDS,
  NEW_TABLE_WRITE_UNITS,
  PARTITION_WRITE_UNITS,
  TABLE_WRITE_UNITS,
} from '../documented-limits.ts';
import { MINUTE, type Micros, SECOND } from '../time.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a submit and what an attempt writes to one part of a task table, in write units. */
export type WriteTarget = {
  readonly name: string;
  readonly perSubmit: number;
  readonly perAttempt: number;
  /** The target is one key whose partition is the limit, however large the table. */
  readonly isPartition: boolean;
};

/**
 * A submit puts the row and its entries of `byType` and `byStatus`; a claim writes the row, and a settle writes it again.
 * `docs/costs.md` has the sums, as they were measured.
 */
export const WRITE_TARGETS: readonly WriteTarget[] = [
  { name: 'table', perSubmit: 1, perAttempt: 2, isPartition: false },
  { name: 'index byType', perSubmit: 1, perAttempt: 0, isPartition: false },
  { name: 'index byStatus', perSubmit: 1, perAttempt: 0, isPartition: false },
];

/** These keys of the indexes take more than others; what they take is a part of what is written above. */
export const HOT_KEYS: readonly WriteTarget[] = [
  { name: 'keys of byType', perSubmit: 1, perAttempt: 0, isPartition: true },
  { name: 'keys of byStatus', perSubmit: 1, perAttempt: 0, isPartition: true },
];

export type TableSize = {
  /** Tables that share the tasks. */
  readonly tables: number;
  /** Keys of each index in one table that share the tasks: tenants times index shards. */
  readonly keys: number;
  /** Units a second that each table, and each index of it, has taken at its peak so far; 0 for new ones. */
  readonly peakPerSecond: number;
  /** What each table, and each index of it, keeps and takes of its own; missing where it is on demand. */
  readonly capacity?: Exclude<DeployConfig['tableCapacity'], 'onDemand'>['provisioned'];
};

export type WriteResult = {
  readonly name: string;
  /** The most that it was asked for in one second, what it may be asked for, and what it takes by now: all in units a second. */
  readonly peakPerSecond: number;
  readonly limitPerSecond: number;
  readonly perSecond: number;
  readonly throttledUnits: number;
};

/** Plays what DynamoDB takes of one target, over all tables: its capacity follows its peaks, or its use. */
export class WriteLimit {
  readonly target: WriteTarget;
  readonly #tables: number;
  readonly #capacity: TableSize['capacity'];
  /** What it takes at first, or at most where it is provisioned. */
  readonly #limitPerSecond: number;
  readonly #bucket: TokenBucket;
  /** The largest consumption of a minute before each, in units a second. */
  readonly #peaks: number[] = [];
  /** So many minutes together have used more of a capacity than its target. */
  #busyMinutes = 0;
  #minute = { index: 0, units: 0 };
  #second = { index: 0, units: 0 };
  #peakPerSecond = 0;
  #throttledUnits = 0;

  constructor(target: WriteTarget, { tables, keys, peakPerSecond, capacity }: TableSize) {
    this.target = target;
    this.#tables = tables;
    this.#capacity = target.isPartition ? undefined : capacity;
    this.#peaks.push(tables * peakPerSecond);
    const first = target.isPartition
      ? tables * keys * PARTITION_WRITE_UNITS
      : capacity === undefined
        ? this.#after(tables * peakPerSecond)
        : tables * capacity.minWrites;
    this.#limitPerSecond = this.#capacity === undefined ? first : tables * this.#capacity.maxWrites;
    this.#bucket = new TokenBucket(first, first * (this.#capacity === undefined ? 1 : CAPACITY_BURST_SECONDS));
  }

  /** Returns how many attempts it could take the writes of now. */
  attempts(now: Micros): number {
    const { perAttempt } = this.target;
    if (perAttempt === 0) return Number.POSITIVE_INFINITY;
    this.#grow(now);
    return Math.floor(this.#bucket.available(now) / perAttempt);
  }

  /** Returns how long it takes until it can take so many attempts, or as many as it ever can at once. */
  until(attempts: number, now: Micros): Micros {
    return this.#bucket.until(attempts * this.target.perAttempt, now);
  }

  /** Asks for so many units. What it cannot take is throttled. */
  write(units: number, now: Micros): void {
    this.#grow(now);
    const written = this.#bucket.take(units, now);
    this.#throttledUnits += units - written;
    this.#minute.units += written;
    const index = Math.floor(now / SECOND);
    if (index !== this.#second.index) this.#second = { index, units: 0 };
    this.#second.units += units;
    this.#peakPerSecond = Math.max(this.#peakPerSecond, this.#second.units);
  }

  result(): WriteResult {
    return {
      name: this.target.name,
      peakPerSecond: this.#peakPerSecond,
      limitPerSecond: this.#limitPerSecond,
      perSecond: this.#bucket.perSecond,
      throttledUnits: this.#throttledUnits,
    };
  }

  #grow(now: Micros): void {
    for (const minute = Math.floor(now / MINUTE); this.#minute.index < minute; ) {
      const { index, units } = this.#minute;
      const perSecondUsed = units / (MINUTE / SECOND);
      this.#peaks.push(Math.max(this.#peaks[index] ?? 0, perSecondUsed));
      this.#minute = { index: index + 1, units: 0 };
      if (this.#capacity !== undefined) {
        this.#scale(this.#capacity, perSecondUsed);
        continue;
      }
      const earlier = this.#peaks[index + 1 - GROWTH_SECONDS / (MINUTE / SECOND)];
      if (this.target.isPartition || earlier === undefined) continue;
      const perSecond = this.#after(earlier);
      this.#bucket.resize(perSecond, perSecond);
    }
  }

  /** Raises a capacity of which more than the target was used for some minutes. That it falls again in a quiet hour is left out. */
  #scale({ maxWrites, utilization }: NonNullable<TableSize['capacity']>, perSecondUsed: number): void {
    this.#busyMinutes = perSecondUsed > utilization * this.#bucket.perSecond ? this.#busyMinutes + 1 : 0;
    if (this.#busyMinutes < CAPACITY_GROWTH_MINUTES) return;
    this.#busyMinutes = 0;
    const perSecond = Math.min(this.#tables * maxWrites, Math.round(perSecondUsed / utilization));
    this.#bucket.resize(perSecond, perSecond * CAPACITY_BURST_SECONDS);
  }

  /** Returns what the tables take that had such a peak half an hour ago, in units a second. */
  #after(peakPerSecond: number): number {
    const grown = Math.max(NEW_TABLE_WRITE_UNITS * this.#tables, GROWTH_OVER_PEAK * peakPerSecond);
    return Math.min(TABLE_WRITE_UNITS * this.#tables, grown);
  }
}
