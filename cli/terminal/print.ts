import { printable, printableJson } from '../printable.ts';
import { showsColours } from './colour.ts';
import { type Cell, tableLines } from './table.ts';

/** Prints what the API answers, for programs: JSON on a line. */
export const printJson = (answer: unknown): void => console.log(printableJson(answer));

/** Prints a table as wide as the terminal, and whole where its reader is none. */
export function printTable(rows: readonly (readonly Cell[])[], numbers: readonly number[] = []): void {
  const { isTTY, columns } = process.stdout;
  const width = isTTY === true ? columns : undefined;
  for (const line of tableLines(rows, { width, numbers, isColourful: showsColours(process.stdout) })) console.log(line);
}

/** Prints what is known of something, each fact whole and on a line; those that are `undefined` are none. */
export function printFacts(facts: Readonly<Record<string, Cell | undefined>>): void {
  const rows = Object.entries(facts).flatMap(([name, cell]) => (cell === undefined ? [] : [[name, cell]]));
  for (const line of tableLines(rows, { isColourful: showsColours(process.stdout) })) console.log(line);
}

/** Prints a value below its name, so that it can be read. */
export function printValue(name: string, value: unknown): void {
  console.log(`${name}\n${printableJson(value, 2).replaceAll(/^/gm, '  ')}`);
}

/** Writes how many there are of something. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Tells a person something that is no part of the output. */
export const note = (sentence: string): void => console.error(printable(sentence));
