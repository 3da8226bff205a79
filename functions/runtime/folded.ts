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
