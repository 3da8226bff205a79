import { InvalidCsv } from './invalid-csv.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Such texts end up where a CSV was meant, and begin like this. */
const OTHERS: readonly (readonly [kind: string, start: RegExp])[] = [
  ['HTML or XML', /^\s*<(?:[!?]|[a-z][\w:-]*(?:\s[^<>]*)?\/?>)/i],
  ['JSON', /^\s*(?:\{\s*["}]|\[\s*(?:[[\]{"\d-]|true|false|null))/],
];

/** Excel tells the delimiter in a line of its own. */
const SEPARATOR_LINE = /^"?sep=(.)"?$/i;

export type CsvHead = {
  readonly delimiter: string;
  /** The number of the line that names the columns. */
  readonly line: 1 | 2;
  /** All the text that was read to find that out. */
  readonly text: string;
};

/**
 * Reads as far as the row that names the columns, which alone decides on the delimiter: the one of comma, semicolon, tab and
 * bar that stands in it most often, a quoted cell aside; or what a line `sep=` before it says.
 */
export async function readHead(texts: AsyncIterator<string>, maxLength: number): Promise<CsvHead> {
  const row = new FirstRow();
  let text = '';
  while (!row.isComplete && text.length <= maxLength) {
    const { value, done } = await texts.next();
    if (done === true) break;
    text += value;
    row.add(value);
  }
  const other = OTHERS.find(([, start]) => start.test(text.slice(0, 1_000)))?.[0];
  if (other !== undefined) throw new InvalidCsv(`it begins as ${other} does, and not as a CSV`);
  const told = SEPARATOR_LINE.exec(text.slice(0, 8).split(/[\r\n]/, 1)[0] ?? '')?.[1];
  return { delimiter: told ?? row.delimiter, line: told === undefined ? 1 : 2, text };
}

/** Takes in a text as it comes, up to the end of its first line that is not empty. */
class FirstRow {
  readonly #counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  #isEmpty = true;
  #isQuoted = false;
  isComplete = false;

  add(text: string): void {
    for (const character of text) {
      if (this.isComplete) return;
      if (character === '"') this.#isQuoted = !this.#isQuoted;
      const isEnd = !this.#isQuoted && (character === '\n' || character === '\r');
      if (isEnd) this.isComplete = !this.#isEmpty;
      else this.#isEmpty = false;
      const count = this.#counts.get(character);
      if (!this.#isQuoted && count !== undefined) this.#counts.set(character, count + 1);
    }
  }

  get delimiter(): string {
    return [...this.#counts].reduce((most, other) => (other[1] > most[1] ? other : most))[0];
  }
}
