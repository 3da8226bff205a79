import { type Micros, SECOND } from '../time.ts';

const MOST_STEPS = 600;

/** Records a number over time, as means of equal steps; these double in length whenever there would be too many. */
export class Series {
  #step: Micros = SECOND;
  #areas: number[] = [];
  #now: Micros = 0;
  #value = 0;
  #max = 0;

  get step(): Micros {
    return this.#step;
  }

  get max(): number {
    return this.#max;
  }

  /** Lets it be `value` from `now` on. */
  set(value: number, now: Micros): void {
    this.#advance(now);
    this.#value = value;
    this.#max = Math.max(this.#max, value);
  }

  /** Returns the sum over all of the time until `now`, in units times microseconds. */
  area(now: Micros): number {
    this.#advance(now);
    return this.#areas.reduce((sum, area) => sum + area, 0);
  }

  /** Returns the mean of each step. */
  means(): number[] {
    return this.#areas.map((area, index) => area / Math.min(this.#step, Math.max(1, this.#now - index * this.#step)));
  }

  #advance(now: Micros): void {
    while (now > this.#step * MOST_STEPS) this.#double();
    while (this.#now < now) {
      const index = Math.floor(this.#now / this.#step);
      const until = Math.min(now, (index + 1) * this.#step);
      this.#areas[index] = (this.#areas[index] ?? 0) + this.#value * (until - this.#now);
      this.#now = until;
    }
  }

  #double(): void {
    const halves = this.#areas;
    this.#areas = Array.from(
      { length: Math.ceil(halves.length / 2) },
      (_, index) => (halves[2 * index] ?? 0) + (halves[2 * index + 1] ?? 0),
    );
    this.#step *= 2;
  }
}

export type WaitSummary = {
  readonly mean: Micros;
  readonly p50: Micros;
  readonly p95: Micros;
  readonly p99: Micros;
  readonly max: Micros;
};

/** Records how long tasks have waited: each different wait and how many tasks had it, so that percentiles are exact. */
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
