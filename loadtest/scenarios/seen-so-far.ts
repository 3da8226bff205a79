import type { RequestRecord } from './generate-load.ts';
import { percentilesOf } from './percentiles.ts';

const RECENT_MS = 5_000;
const RECENT_IDS = 200;

/** What a run has seen so far: for the live line, for what follows, and for requests that refer to earlier ones. */
export class SeenSoFar {
  readonly requests: RequestRecord[] = [];
  readonly recentIds: string[] = [];
  accepted = 0;
  refused = 0;
  failed = 0;
  /** Of which the lanes knew when they were asked last. */
  inLanes = 0;
  #recent: RequestRecord[] = [];

  readonly add = (record: RequestRecord): void => {
    this.requests.push(record);
    this.#recent.push(record);
    this.refused += record.refusals.length;
    this.failed += record.errors.length;
    if (record.isReplayed) return;
    this.accepted += record.accepted.length;
    for (const { id } of record.accepted.slice(0, 2)) {
      this.recentIds.push(id);
      if (this.recentIds.length > RECENT_IDS) this.recentIds.shift();
    }
  };

  /** Of the last five seconds. */
  recently(now: number): { readonly requestsPerSecond: number; readonly p95: number | undefined } {
    this.#recent = this.#recent.filter(({ endedAt }) => endedAt > now - RECENT_MS);
    const p95 = percentilesOf(this.#recent.map(({ endedAt, dueAt }) => endedAt - dueAt))?.p95;
    return { requestsPerSecond: this.#recent.length / (RECENT_MS / 1000), p95 };
  }
}
