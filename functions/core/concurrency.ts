import pLimit from 'p-limit';

/**
 * Does `work` on every item, at most `limit` at a time, and returns its results in the order of the items. Of a piece of
 * work that fails the place stays empty: the others go on with what is left, and nothing is begun after the last of them.
 * Throws `RangeError` for a limit that would let nothing be done, and `TypeError` for items that are no list, such as a `Set`.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  if (!Array.isArray(items)) throw new TypeError('the items to do must be a list: [...items] makes one');
  if (!(limit >= 1))
    throw new RangeError(`the limit of what is done at a time must be 1 or more, not ${String(limit)}`);
  const places = pLimit(Math.max(1, Math.min(Math.floor(limit), items.length)));
  return places.map(items, async (item, index) => {
    try {
      return await work(item, index);
    } catch (error) {
      if (places.concurrency > 1) places.concurrency--;
      else places.clearQueue();
      throw error;
    }
  });
}

/**
 * Makes a value when it is first asked for: a schema takes longer to build than most calls to answer, so a start builds
 * none.
 */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Cuts items into pieces of `size`, the last of which may be shorter. */
export const chunksOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, place) => items.slice(place * size, (place + 1) * size));

type Call<Item, Result> = { readonly items: Item[]; readonly result: Promise<Result> };

/**
 * Makes calls of one key one after the other: what is asked for while one is under way is gathered, and goes together in
 * the next. So the more there is to write to one row, and the longer that takes, the fewer the writes are for each.
 */
export class GatheredCalls<Item, Result> {
  readonly #call: (key: string, items: readonly Item[]) => Promise<Result>;
  readonly #next = new Map<string, Call<Item, Result>>();
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(call: (key: string, items: readonly Item[]) => Promise<Result>) {
    this.#call = call;
  }

  /** Adds an item to the next call of its key, and settles as that call does. */
  add(key: string, item: Item): Promise<Result> {
    const gathering = this.#next.get(key);
    if (gathering !== undefined) {
      gathering.items.push(item);
      return gathering.result;
    }
    const items = [item];
    const result = this.#after(this.#underWay.get(key), key, items);
    this.#next.set(key, { items, result });
    return result;
  }

  async #after(before: Promise<unknown> | undefined, key: string, items: readonly Item[]): Promise<Result> {
    // How that call ended is for those who are in it. An item that is added in this turn of the event loop goes along.
    await before?.catch(() => {});
    await undefined;
    this.#next.delete(key);
    const call = this.#call(key, items);
    this.#underWay.set(key, call);
    try {
      return await call;
    } finally {
      if (this.#underWay.get(key) === call) this.#underWay.delete(key);
    }
  }
}
