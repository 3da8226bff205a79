const BARS = ' ▁▂▃▄▅▆▇█';

/** So many numbers that show a longer row of them, each the highest of its part. */
function highest(values: readonly number[], columns: number): number[] {
  const width = values.length / columns;
  if (width <= 1) return [...values];
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...values.slice(Math.floor(column * width), Math.max(Math.ceil((column + 1) * width), 1))),
  );
}

/** A row of numbers as bars, `rows` lines high, the top one first; the highest fills them. */
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
