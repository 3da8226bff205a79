/** Reads the next items of a stream behind `after`, at most `limit`; fewer than that mean its end. */
export type ReadStream<Item> = (after: string | undefined, limit: number) => Promise<readonly Item[]>;

/** One query of an index could return more entries than this: they have less than half a KB each. */
export const MOST_AT_ONCE = 1_000;

/**
 * Merges streams that each come in descending order of `orderOf` into one, and reads a `share` of each, then on as it is used up,
 * twice as much each time. An item that comes in several streams, or twice in one, comes once: they are read at different
 * moments, and it may have moved from one to another in between.
 */
export async function* mergedStreams<Item>(
  streams: readonly ReadStream<Item>[],
  orderOf: (item: Item) => string,
  after: string | undefined,
  share: number,
): AsyncGenerator<Item, void, undefined> {
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
    // Each head is the greatest of its stream, so that equal items come one after another.
    if (orderOf(item) === last) continue;
    last = orderOf(item);
    yield item;
  }
}

const firstOf = <Item>([first]: readonly Item[], orderOf: (item: Item) => string): string =>
  first === undefined ? '' : orderOf(first);
