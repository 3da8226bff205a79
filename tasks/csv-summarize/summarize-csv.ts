import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { Column, type ColumnSummary } from './column-summary.ts';

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
  let columns: ReadonlyMap<string, Column> | undefined;
  let rows = 0;
  const take = (row: readonly string[]): null => {
    if (columns === undefined) {
      columns = columnsOf(row, ctx);
    } else {
      rows++;
      let index = 0;
      for (const column of columns.values()) column.add(row[index++] ?? '');
    }
    return null;
  };
  // Rows are taken inside the parser: none has to pass through a stream, which would cost more than its numbers.
  const parser = parse({
    bom: true,
    trim: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    on_record: take,
  }).resume();
  try {
    await pipeline(source, parser, { signal: ctx.signal });
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof CsvError) return ctx.fail('invalid_csv', `line ${parser.info.lines}: ${error.message}`);
    throw error;
  }
  if (columns === undefined) return ctx.fail('invalid_csv', 'line 1: the row that names the columns is missing');
  // fromEntries makes even `__proto__` a plain key; an assignment would not.
  return { rows, columns: Object.fromEntries([...columns].map(([name, column]) => [name, column.summary])) };
}

/** A column for each name, in their order. */
function columnsOf(names: readonly string[], ctx: Pick<TaskContext, 'fail'>): ReadonlyMap<string, Column> {
  if (names.length > MAX_COLUMNS) {
    ctx.fail('invalid_csv', `line 1: ${names.length} columns, and at most ${MAX_COLUMNS} are summarized`);
  }
  const columns = new Map<string, Column>();
  for (const name of names) {
    if (columns.has(name)) ctx.fail('invalid_csv', `line 1: two columns are named "${name}"`);
    columns.set(name, new Column());
  }
  return columns;
}
