import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { type ColumnSummary, NO_NUMBERS, withCell } from './column-summary.ts';

/** Without a limit, a quote that is never closed would take in the rest of the file. */
const MAX_ROW_BYTES = 1_000_000;

/** Each column takes some 100 bytes of the output, and its share of the time for every row. */
const MAX_COLUMNS = 10_000;

type CsvSummary = {
  /** Without the first, which names the columns. */
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnSummary>>;
};

/** Reads a CSV to its end, holding one row at a time. Fails the attempt with `invalid_csv` where it is malformed. */
export async function summarizeCsv(
  source: AsyncIterable<Uint8Array>,
  ctx: Pick<TaskContext, 'fail' | 'signal'>,
): Promise<CsvSummary> {
  const parser = parse({ bom: true, trim: true, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES });
  try {
    return await pipeline(source, parser, (rows: AsyncIterable<string[]>) => summaryOf(rows, ctx), {
      signal: ctx.signal,
    });
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof CsvError) return ctx.fail('invalid_csv', `line ${parser.info.lines}: ${error.message}`);
    throw error;
  }
}

async function summaryOf(rows: AsyncIterable<string[]>, ctx: Pick<TaskContext, 'fail'>): Promise<CsvSummary> {
  let names: readonly string[] | undefined;
  let summaries: ColumnSummary[] = [];
  let count = 0;
  for await (const row of rows) {
    if (names === undefined) {
      names = row;
      if (names.length > MAX_COLUMNS) {
        ctx.fail('invalid_csv', `line 1: ${names.length} columns, and at most ${MAX_COLUMNS} are summarized`);
      }
      const twice = names.find((name, index) => row.indexOf(name) !== index);
      if (twice !== undefined) ctx.fail('invalid_csv', `line 1: two columns are named "${twice}"`);
      summaries = names.map(() => NO_NUMBERS);
      continue;
    }
    count++;
    summaries = summaries.map((summary, column) => withCell(summary, row[column] ?? ''));
  }
  if (names === undefined) return ctx.fail('invalid_csv', 'line 1: the row that names the columns is missing');
  // fromEntries makes even `__proto__` a plain key; an assignment would not.
  return {
    rows: count,
    columns: Object.fromEntries(names.map((name, column) => [name, summaries[column] ?? NO_NUMBERS])),
  };
}
