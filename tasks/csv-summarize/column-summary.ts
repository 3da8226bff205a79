/** Of the numbers in one column; `null` where there are none. */
export type ColumnSummary = {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
};

/** A number as people write it: not `0x10`, `Infinity` or an empty cell, which `Number()` would take. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Takes in the cells of one column, and changes with each: no file is worth an object for every cell. */
export class Column {
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #mean = 0;

  /** A cell that is not a number changes nothing. */
  add(cell: string): void {
    const value = DECIMAL.test(cell) ? Number(cell) : Number.NaN;
    if (!Number.isFinite(value)) return;
    this.#count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    // Welford's update of a mean, with no sum to lose digits in; divided first, so that nothing overflows.
    this.#mean += value / this.#count - this.#mean / this.#count;
  }

  get summary(): ColumnSummary {
    if (this.#count === 0) return { count: 0, min: null, max: null, mean: null };
    return { count: this.#count, min: this.#min, max: this.#max, mean: this.#mean };
  }
}
