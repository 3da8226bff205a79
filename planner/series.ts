import { type Micros, SECOND } from './time.ts';

const MOST_STEPS = 600;

/** A number over time, as means of equal steps; the steps double in length whenever there would be too many. */
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

  /** From `now` on it is `value`. */
  set(value: number, now: Micros): void {
    this.#advance(now);
    this.#value = value;
    this.#max = Math.max(this.#max, value);
  }

  /** The sum over all of the time until `now`, in units times microseconds. */
  area(now: Micros): number {
    this.#advance(now);
    return this.#areas.reduce((sum, area) => sum + area, 0);
  }

  /** The mean of each step. */
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
