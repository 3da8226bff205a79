/** Reads the next items of a stream behind `after`, at most `limit`; fewer than that mean its end. */
export type ReadStream<Item> = (after: string | undefined, limit: number) => Promise<readonly Item[]>;

/** One query of an index answers with more than so many of its entries in any case: they have less than half a KB each. */
const MOST_AT_ONCE = 1_000;

/**
 * Merges streams that each come in descending order of `orderOf` into one, and reads of each only about what its share of
 * `expected` items is, then on as it is used up, twice as much each time. What comes in several streams, or twice in one, comes once: they are read
 * at different moments, and an item may have moved from one to another in between.
 */
export async function* mergedStreams<Item>(
  streams: readonly ReadStream<Item>[],
  orderOf: (item: Item) => string,
  after: string | undefined,
  expected: number,
): AsyncGenerator<Item, void, undefined> {
  // As much again, since chance does not deal evenly, and one to tell the end by.
  const share = Math.ceil((2 * expected) / streams.length) + 2;
  const heads = streams.map((read) => ({ read, items: [] as Item[], place: after, share, ended: false }));
  let last: string | undefined;
  for (;;) {
    await Promise.all(
      heads
        .filter(({ items, ended }) => items.length === 0 && !ended)
        .map(async (head) => {
          head.items.push(...(await head.read(head.place, head.share)));
          head.ended = head.items.length < head.share;
          head.share = Math.min(2 * head.share, Math.max(share, MOST_AT_ONCE));
          const end = head.items.at(-1);
          if (end !== undefined) head.place = orderOf(end);
        }),
    );
    const filled = heads.filter(({ items }) => items.length > 0);
    const greatest = filled.reduce<(typeof filled)[number] | undefined>(
      (best, head) => (best === undefined || firstOf(head.items, orderOf) > firstOf(best.items, orderOf) ? head : best),
      undefined,
    );
    const item = greatest?.items.shift();
    if (item === undefined) return;
    // Each head is the greatest of its stream, so that what is the same comes together.
    if (orderOf(item) === last) continue;
    last = orderOf(item);
    yield item;
  }
}

const firstOf = <Item>([first]: readonly Item[], orderOf: (item: Item) => string): string =>
  first === undefined ? '' : orderOf(first);
