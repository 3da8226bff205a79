import { MAX_VALUES } from './emf.ts';

/**
 * Keeps as many of any number of values as a line takes, each as likely among them as any other (algorithm R), so that their
 * percentiles are about those of all.
 */
export class Reservoir {
  readonly #random: () => number;
  #values: number[] = [];
  #seen = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(value: number): void {
    this.#seen += 1;
    const place = this.#seen <= MAX_VALUES ? this.#values.length : Math.floor(this.#random() * this.#seen);
    if (place < MAX_VALUES) this.#values[place] = value;
  }

  /** Returns a sample of what was added since the last time. */
  take(): readonly number[] {
    const taken = this.#values;
    this.#values = [];
    this.#seen = 0;
    return taken;
  }
}

/** Keeps one number of any number of values: their sum, or the greatest of them. */
export class Folded {
  readonly #fold: (before: number, value: number) => number;
  #folded: number | undefined;

  constructor(fold: (before: number, value: number) => number) {
    this.#fold = fold;
  }

  add(value: number): void {
    this.#folded = this.#folded === undefined ? value : this.#fold(this.#folded, value);
  }

  /** Returns what has become of the values that were added since the last time: nothing of none. */
  take(): readonly number[] {
    const taken = this.#folded === undefined ? [] : [this.#folded];
    this.#folded = undefined;
    return taken;
  }
}
