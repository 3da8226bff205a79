/**
 * Does `work` on every item, at most `limit` at a time, and gives its results in the order of the items. Throws
 * `RangeError` for a limit that would let nothing be done, and `TypeError` for items that are no list, such as a `Set`.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  if (!Array.isArray(items)) throw new TypeError('the items to do must be a list: [...items] makes one');
  if (!(limit >= 1))
    throw new RangeError(`the limit of what is done at a time must be 1 or more, not ${String(limit)}`);
  const results = new Array<Result>(items.length);
  const entries = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
