import { pipeline } from 'node:stream/promises';
import { CsvError, type Parser, parse } from 'csv-parse';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { Column, type ColumnSummary } from './column-summary.ts';
import { type CsvHead, readHead } from './csv-head.ts';
import { InvalidCsv } from './invalid-csv.ts';
import { textOf } from './text-of.ts';

/** Without a limit, a quote that is never closed would take in the rest of the file. */
const MAX_ROW_BYTES = 1_000_000;

/** Each column takes some 100 bytes of the output, and its share of the time for every row. */
const MAX_COLUMNS = 10_000;

type CsvSummary = {
  /** The rows without the first, which names the columns. */
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnSummary>>;
};

/**
 * Reads a CSV to its end, holding one row at a time. Fails the attempt with `invalid_csv` where it is malformed, or no CSV.
 * `contentType` is the type that a server sent it as, if one did.
 */
export async function summarizeCsv(
  source: AsyncIterable<Uint8Array>,
  ctx: Pick<TaskContext, 'fail' | 'signal'>,
  contentType = '',
): Promise<CsvSummary> {
  ctx.signal.throwIfAborted();
  const texts = textOf(source, contentType);
  const summary = new Summary();
  let parser: Parser | undefined;
  try {
    const head = await readHead(texts, MAX_ROW_BYTES);
    parser = parserOf(head, summary);
    await pipeline(rejoined(head.text, texts), parser, { signal: ctx.signal });
    return summary.result ?? ctx.fail('invalid_csv', 'line 1: the row that names the columns is missing');
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!(error instanceof CsvError || error instanceof InvalidCsv)) throw error;
    const line = (error instanceof InvalidCsv ? error.line : undefined) ?? parser?.info.lines ?? 1;
    return ctx.fail('invalid_csv', `line ${line}: ${error.message}`);
  } finally {
    // This ends what the text comes from. Once that has ended, it changes nothing.
    await texts.return(undefined);
  }
}

async function* rejoined(start: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield start;
  yield* rest;
}

/** Rows are taken inside the parser: none has to pass through a stream, which would cost more than its numbers. */
function parserOf({ delimiter, line }: CsvHead, summary: Summary): Parser {
  return parse({
    delimiter,
    from_line: line,
    // Each is taken as it comes: a file may be of several parts, or one column of another system's.
    record_delimiter: ['\r\n', '\n', '\r'],
    trim: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    on_record: (row: readonly string[]): null => {
      summary.add(row, delimiter);
      return null;
    },
  }).resume();
}

class Summary {
  #columns: readonly (readonly [name: string, column: Column])[] | undefined;
  #rows = 0;

  /** The first row names the columns. */
  add(row: readonly string[], delimiter: string): void {
    if (this.#columns === undefined) {
      this.#columns = columnsOf(row, delimiter !== ',');
      return;
    }
    this.#rows++;
    let index = 0;
    for (const [, column] of this.#columns) column.add(row[index++] ?? '');
  }

  get result(): CsvSummary | undefined {
    if (this.#columns === undefined) return undefined;
    // fromEntries makes even `__proto__` a plain key; an assignment would not.
    const columns = Object.fromEntries(this.#columns.map(([name, column]) => [name, column.summary]));
    return { rows: this.#rows, columns };
  }
}

/** Returns a column for each name, in their order. One may have no name: a column that counts the rows often has none. */
function columnsOf(names: readonly string[], mayHaveCommas: boolean): readonly (readonly [string, Column])[] {
  if (names.length > MAX_COLUMNS) {
    throw new InvalidCsv(`${names.length} columns, and at most ${MAX_COLUMNS} are summarized`);
  }
  const known = new Set<string>();
  for (const name of names) {
    if (known.has(name)) throw new InvalidCsv(`two columns ${name === '' ? 'have no name' : `are named "${name}"`}`);
    known.add(name);
  }
  return names.map((name) => [name, new Column(name, mayHaveCommas)]);
}
