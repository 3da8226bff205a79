import { eastAsianWidth } from 'get-east-asian-width';
import { printable } from '../printable.ts';
import { type Colour, painted } from './colour.ts';

/** A cell of a table; its text is shown whatever it has in it. */
export type Cell = string | { readonly text: string; readonly colour: Colour | undefined };

type Layout = {
  /** No line is wider: the widest cells are cut. */
  readonly width?: number | undefined;
  /** These columns have numbers, by their places. */
  readonly numbers?: readonly number[];
  readonly isColourful?: boolean;
};

const GAP = '  ';
/** No column is cut to less. */
const LEAST_WIDTH = 2;

/** Sets rows into columns, each as wide as its widest cell. */
export function tableLines(rows: readonly (readonly Cell[])[], layout: Layout = {}): string[] {
  const { numbers = [], isColourful = false, width = Number.POSITIVE_INFINITY } = layout;
  const texts = rows.map((row) => row.map((cell) => printable(typeof cell === 'string' ? cell : cell.text)));
  const widths = fitted(
    (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => widthOf(row[column] ?? '')))),
    width,
  );
  return texts.map((row, line) => {
    const cells = row.map((text, column) => {
      const cell = rows[line]?.[column];
      const shown = cut(text, widths[column] ?? 0);
      const room = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(shown)));
      const colour = isColourful && typeof cell === 'object' ? cell.colour : undefined;
      const set = colour === undefined ? shown : painted(shown, colour);
      if (numbers.includes(column)) return room + set;
      return column === row.length - 1 ? set : set + room;
    });
    return cells.join(GAP).trimEnd();
  });
}

/** Returns the widths of columns that fit into a line, for which the widest gives way. */
function fitted(widths: readonly number[], lineWidth: number): number[] {
  const fitting = [...widths];
  const total = (): number => fitting.reduce((sum, width) => sum + width, 0) + GAP.length * (fitting.length - 1);
  while (total() > lineWidth) {
    // The first column names what a row is of.
    const widest = Math.max(...fitting.slice(1));
    if (widest <= LEAST_WIDTH) break;
    fitting[fitting.lastIndexOf(widest)] = widest - 1;
  }
  return fitting;
}

const segmenter = new Intl.Segmenter();
const segmentsOf = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);
const segmentWidth = (segment: string): number => eastAsianWidth(segment.codePointAt(0) ?? 0);

/** Returns how many columns of a terminal a text takes. */
const widthOf = (text: string): number => segmentsOf(text).reduce((sum, segment) => sum + segmentWidth(segment), 0);

/** Cuts a text to so many columns of a terminal; one that is cut says so. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let left = width - 1;
  for (const segment of segmentsOf(text)) {
    left -= segmentWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}
