import { InvalidCsv } from './invalid-csv.ts';

/** Sums up the numbers in one column; `null` where there are none. An integer is a text where a number would lose digits of it. */
export type ColumnSummary = {
  readonly count: number;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly mean: number | null;
};

/** Matches a number as people write it: not `0x10`, `Infinity` or an empty cell, which `Number()` would take. */
const DECIMAL = /^[+-]?(?:\d+([.,]?)\d*|([.,])\d+)(?:e[+-]?\d+)?$/i;

const INTEGER = /^[+-]?\d+$/;

/** Returns a number, or the text of the integer that it has been read from where it would lose digits of that. */
const exactly = (number: number, integer: bigint | undefined): number | string =>
  integer === undefined || Number(integer) !== number || BigInt(number) === integer ? number : String(integer);

/** Takes in the cells of one column, and changes with each: no file is worth an object for every cell. */
export class Column {
  readonly #name: string;
  readonly #mayHaveCommas: boolean;
  /** The character before the decimals, once it is known. */
  #point = '';
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #mean = 0;
  /** The least and the greatest integer of those that a number would change: no others are told apart by their digits. */
  #minInteger: bigint | undefined;
  #maxInteger: bigint | undefined;

  /** Numbers may be written with a decimal comma, `mayHaveCommas`, where a comma is not what separates the cells. */
  constructor(name: string, mayHaveCommas: boolean) {
    this.#name = name;
    this.#mayHaveCommas = mayHaveCommas;
  }

  /** A cell that is not a number changes nothing. Throws `InvalidCsv` for a number that would make the summary a wrong one. */
  add(cell: string): void {
    const decimal = DECIMAL.exec(cell);
    if (decimal === null) return;
    const point = decimal[1] || decimal[2] || '';
    if (point === ',' && !this.#mayHaveCommas) return;
    if (point !== '' && point !== this.#point) this.#take(point);
    const value = Number(point === ',' ? cell.replace(',', '.') : cell);
    if (!Number.isFinite(value)) {
      throw new InvalidCsv(`${cell.slice(0, 50)} in the column "${this.#name}" is beyond ${Number.MAX_VALUE}`);
    }
    this.#count++;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (!Number.isSafeInteger(value) && INTEGER.test(cell)) this.#addInteger(BigInt(cell.replace('+', '')));
    // This is Welford's update of a mean, with no sum to lose digits in. It divides first, so that nothing overflows.
    this.#mean += value / this.#count - this.#mean / this.#count;
  }

  #addInteger(integer: bigint): void {
    if (this.#minInteger === undefined || integer < this.#minInteger) this.#minInteger = integer;
    if (this.#maxInteger === undefined || integer > this.#maxInteger) this.#maxInteger = integer;
  }

  #take(point: string): void {
    if (this.#point !== '') {
      throw new InvalidCsv(`the column "${this.#name}" has numbers with decimal points and with decimal commas`);
    }
    this.#point = point;
  }

  get summary(): ColumnSummary {
    if (this.#count === 0) return { count: 0, min: null, max: null, mean: null };
    return {
      count: this.#count,
      min: exactly(this.#min, this.#minInteger),
      max: exactly(this.#max, this.#maxInteger),
      mean: this.#mean,
    };
  }
}
