const BARS = ' ▁▂▃▄▅▆▇█';

/** Returns as many numbers as there are columns, each the highest of its part of the values. */
function highest(values: readonly number[], columns: number): number[] {
  const width = values.length / columns;
  if (width <= 1) return [...values];
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...values.slice(Math.floor(column * width), Math.max(Math.ceil((column + 1) * width), 1))),
  );
}

/** Draws numbers as bars, `rows` lines high, the top line first; the highest number fills them. */
export function chart(values: readonly number[], columns: number, rows: number): string[] {
  const shown = highest(values, columns);
  const top = Math.max(...shown, Number.MIN_VALUE);
  const steps = BARS.length - 1;
  return Array.from({ length: rows }, (_, row) =>
    shown
      .map((value) => {
        const filled = Math.ceil((value / top) * rows * steps) - (rows - 1 - row) * steps;
        return BARS[Math.min(Math.max(filled, 0), steps)];
      })
      .join(''),
  );
}

/** Sets columns under their heads: the first to the left, numbers to the right. */
export function tableOf(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const NUMBERS = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
export const countText = (value: number): string => NUMBERS.format(value >= 100 ? Math.round(value) : value);
const CENTS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const dollarText = (value: number): string => `$${CENTS.format(value)}`;

/** Writes a rate by the unit of time in which there is at least one task. */
export function rateText(tasksPerSecond: number): string {
  if (tasksPerSecond >= 1) return `${countText(tasksPerSecond)} tasks/s`;
  return tasksPerSecond * 60 >= 1
    ? `${countText(tasksPerSecond * 60)} tasks/min`
    : `${countText(tasksPerSecond * 3600)} tasks/h`;
}
