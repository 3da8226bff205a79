import type { FieldError } from '../api/problem.ts';

/** Messages by the pointer of the field that shows them; those that no field shows are under the empty one. */
export type PlacedErrors = ReadonlyMap<string, readonly string[]>;

/** Gives each error to the field that it names, or else to the closest one around it. */
export function placeErrors(errors: readonly FieldError[], pointers: ReadonlySet<string>): PlacedErrors {
  const placed = new Map<string, string[]>();
  for (const { field, message } of errors) {
    const pointer = closest(field, pointers);
    const rest = field.slice(pointer.length).replace(/^\//, '');
    const text = rest === '' ? message : `${rest}: ${message}`;
    placed.set(pointer, [...(placed.get(pointer) ?? []), text]);
  }
  return placed;
}

function closest(field: string, pointers: ReadonlySet<string>): string {
  if (pointers.has(field)) return field;
  const end = field.lastIndexOf('/');
  return end <= 0 ? '' : closest(field.slice(0, end), pointers);
}
