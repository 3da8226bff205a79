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

  /** Fulfilled, or rejected, with the call that has the item in it. */
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
    // What it came to is for those who asked for it. What is asked for in this turn of the event loop goes along.
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
