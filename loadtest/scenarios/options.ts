import { InvalidArgumentError } from 'commander';

/** Parses an option's value. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It is to be a number above 0.');
}
