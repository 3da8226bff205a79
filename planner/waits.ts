import type { Micros } from './time.ts';

export type WaitSummary = {
  readonly mean: Micros;
  readonly p50: Micros;
  readonly p95: Micros;
  readonly p99: Micros;
  readonly max: Micros;
};

/** How long tasks have waited: each different wait and how many tasks had it, so that percentiles are exact. */
export class Waits {
  readonly #tasks = new Map<Micros, number>();
  #count = 0;

  add(wait: Micros, tasks: number): void {
    this.#tasks.set(wait, (this.#tasks.get(wait) ?? 0) + tasks);
    this.#count += tasks;
  }

  /** `undefined` where nothing has waited. */
  summary(): WaitSummary | undefined {
    if (this.#count === 0) return undefined;
    const sorted = [...this.#tasks].sort(([a], [b]) => a - b);
    const ranks = [0.5, 0.95, 0.99, 1].map((share) => Math.ceil(share * this.#count));
    const found: Micros[] = [];
    let sum = 0;
    let seen = 0;
    for (const [wait, tasks] of sorted) {
      seen += tasks;
      sum += wait * tasks;
      while (found.length < ranks.length && seen >= (ranks[found.length] ?? 0)) found.push(wait);
    }
    const [p50 = 0, p95 = 0, p99 = 0, max = 0] = found;
    return { mean: sum / this.#count, p50, p95, p99, max };
  }
}
