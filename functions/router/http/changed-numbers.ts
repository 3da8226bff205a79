import { pointerPart } from '../../core/json.ts';
import { type FieldError, MAX_LISTED } from './problem.ts';

/** Finds what only numbers have that may change where they are read; most bodies have none of it. */
const SUSPICIOUS = /\d{16}|\d[eE][+-]?\d/;

/** Finds the next text of JSON, which is stepped over, or number. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** Stands in the place of a number that was written otherwise than it would be read. */
class ChangedNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/**
 * Returns the value of a JSON text in which those numbers stand out that would not be read as they are written; `undefined` where
 * there is none. Takes linear time, and next to none where no number is long or has an exponent.
 */
export function withChangedNumbers(json: string): unknown {
  if (!SUSPICIOUS.test(json) || !hasChangedNumber(json)) return undefined;
  return JSON.parse(json, (_key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    return typeof value === 'number' && source !== undefined && isChanged(source) ? new ChangedNumber(source) : value;
  });
}

/** Returns the numbers that stand out in a value of `withChangedNumbers`, as wrong fields: as many as an answer lists. */
export function changedNumberErrors(value: unknown): FieldError[] {
  const errors: FieldError[] = [];
  const walk = (part: unknown, pointer: string): void => {
    if (part instanceof ChangedNumber) errors.push({ field: pointer, message: messageOfNumber(part.source) });
    else if (part !== null && typeof part === 'object') {
      for (const [key, member] of Object.entries(part)) {
        if (errors.length === MAX_LISTED) return;
        walk(member, pointer + pointerPart(key));
      }
    }
  };
  walk(value, '');
  return errors;
}

/** Counts the numbers that stand out in a value of `withChangedNumbers`. */
export function changedNumberCount(value: unknown): number {
  if (value instanceof ChangedNumber) return 1;
  if (value === null || typeof value !== 'object') return 0;
  return Object.values(value).reduce<number>((sum, part) => sum + changedNumberCount(part), 0);
}

function hasChangedNumber(json: string): boolean {
  for (const [token] of json.matchAll(TOKENS)) {
    if (token[0] !== '"' && SUSPICIOUS.test(token) && isChanged(token)) return true;
  }
  return false;
}

/**
 * Says whether a number is too large or too small, or an integer of which digits would be lost. Fractions are read as the number
 * that is next to them, as everybody reads them.
 */
function isChanged(source: string): boolean {
  const number = Number(source);
  if (!Number.isFinite(number)) return true;
  const size = Math.abs(number);
  if (size <= Number.MAX_SAFE_INTEGER && size >= SMALLEST_EXACT) return false;
  return digitsOf(source) !== digitsOf(String(number));
}

/** A smaller number has fewer digits, down to none ("subnormal" in IEEE 754). */
const SMALLEST_EXACT = 2 ** -1022;

/** Writes a number as its digits, from the first to the last that is not zero, and the exponent of the last. */
function digitsOf(source: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.slice(0, lengthWithoutZeros(digits));
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** Counts by a loop, since an expression would try each run of zeros again from each of them. */
function lengthWithoutZeros(digits: string): number {
  let length = digits.length;
  while (digits[length - 1] === '0') length--;
  return length;
}

const MAX_SHOWN = 40;

function messageOfNumber(source: string): string {
  const shown = source.length > MAX_SHOWN ? `${source.slice(0, MAX_SHOWN)}…` : source;
  const number = Number(source);
  if (!Number.isFinite(number)) return `is ${shown}, which is larger than a number may be: send it as text`;
  if (number === 0) return `is ${shown}, which is smaller than a number may be: send it as text, or 0`;
  return `is ${shown}, which would be read as ${number}: send it as text`;
}
