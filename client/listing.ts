import type { Page } from './answers.ts';

/** A list of any length: `for await` goes through all of it, and `page` reads a part. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(read: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#read = read;
  }

  /** Reads the first page, or the one behind another's `nextCursor`. It may be short, or empty, though others follow. */
  page(cursor?: string): Promise<Page<Item>> {
    return this.#read(cursor);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await this.#read(cursor);
      yield* items;
      if (nextCursor === null) return;
      cursor = nextCursor;
    }
  }
}
