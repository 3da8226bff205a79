/**
 * Says how far a secondary index is behind its table ("eventually consistent", DynamoDB developer guide): for each
 * change of a row, for how many more reads of the index the old entry is listed, and for how many the new one is not
 * listed yet. So a row may be listed as it was, twice, or not at all.
 */
export type IndexLag = () => { readonly oldEntryReads: number; readonly newEntryReads: number };

/** An index that never lags is kinder than DynamoDB promises. */
export const NO_LAG: IndexLag = () => ({ oldEntryReads: 0, newEntryReads: 0 });

/**
 * Lists an entry for each row that has the attributes of the index. `put` and `remove` say how a row is now, `read`
 * what the index tells of all rows.
 */
export class LaggingIndex<Entry> {
  /** The count of changes of what is listed tells when something that was made of it is old. */
  version = 0;
  readonly #now = new Map<string, Entry>();
  /** Rows have changed since these entries, each of which is listed for so many more reads. */
  #old: { readonly row: string; readonly entry: Entry; reads: number }[] = [];
  /** The entry of each of these rows is not listed for so many more reads. */
  readonly #unseen = new Map<string, number>();
  readonly #lag: IndexLag;

  constructor(lag: IndexLag) {
    this.#lag = lag;
  }

  /** Returns the row as it is, whatever the index tells. */
  get(row: string): Entry | undefined {
    return this.#now.get(row);
  }

  /** Counts the rows that the index will list, whatever it tells now. */
  get size(): number {
    return this.#now.size;
  }

  put(row: string, entry: Entry): void {
    this.#change(row, entry);
  }

  remove(row: string): void {
    this.#change(row, undefined);
  }

  read(): [row: string, entry: Entry][] {
    const old = this.#old.map(({ row, entry }): [string, Entry] => [row, entry]);
    const now = [...this.#now].filter(([row]) => !this.#unseen.has(row));
    return [...old, ...now];
  }

  /** Ages the index by one read: what it lists late, it lists in time. */
  age(): void {
    if (this.#old.length + this.#unseen.size === 0) return;
    this.version++;
    this.#old = this.#old.filter((one) => --one.reads > 0);
    for (const [row, reads] of this.#unseen) {
      if (reads > 1) this.#unseen.set(row, reads - 1);
      else this.#unseen.delete(row);
    }
  }

  #change(row: string, entry: Entry | undefined): void {
    const before = this.#now.get(row);
    if (before === undefined && entry === undefined) return;
    this.version++;
    const { oldEntryReads, newEntryReads } = this.#lag();
    const wasListed = before !== undefined && !this.#unseen.has(row);
    if (wasListed && oldEntryReads > 0) this.#old.push({ row, entry: before, reads: oldEntryReads });
    this.#now.delete(row);
    this.#unseen.delete(row);
    if (entry === undefined) return;
    this.#now.set(row, entry);
    if (newEntryReads > 0) this.#unseen.set(row, newEntryReads);
  }
}
