/** Of the numbers in one column; `null` where there are none. */
export type ColumnSummary = {
  readonly count: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
};

export const NO_NUMBERS: ColumnSummary = { count: 0, min: null, max: null, mean: null };

/** A number as people write it: not `0x10`, `Infinity` or an empty cell, which `Number()` would take. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The summary with one more cell. A cell that is not a number changes nothing. */
export function withCell(summary: ColumnSummary, cell: string): ColumnSummary {
  const value = DECIMAL.test(cell) ? Number(cell) : Number.NaN;
  if (!Number.isFinite(value)) return summary;
  const count = summary.count + 1;
  const mean = summary.mean ?? 0;
  return {
    count,
    min: Math.min(summary.min ?? value, value),
    max: Math.max(summary.max ?? value, value),
    // Welford's update of a mean, with no sum to lose digits in; divided first, so that nothing overflows.
    mean: mean + (value / count - mean / count),
  };
}
