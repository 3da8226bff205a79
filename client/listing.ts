import type { Page } from './answers.ts';
import { foreignAnswer } from './transport.ts';

/** A list of any length: `for await` goes through all of it, and `page` reads a part. */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<Page<Item>>;

  constructor(read: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#read = read;
  }

  /** Reads the first page, or the one behind another's `nextCursor`. It may be short, or empty, though others follow. */
  async page(cursor?: string): Promise<Page<Item>> {
    const page = await this.#read(cursor);
    if (!Array.isArray(page?.items)) throw foreignAnswer();
    return page;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await this.page(cursor);
      yield* items;
      if (nextCursor === null) return;
      cursor = nextCursor;
    }
  }
}
