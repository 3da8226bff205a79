import type { Listing } from '../../client/listing.ts';
import { note, printJson, printTable } from './print.ts';
import type { Cell } from './table.ts';

type How<Item> = {
  /** So many at most. */
  readonly count: number;
  readonly heads: readonly Cell[];
  readonly rowOf: (item: Item) => readonly Cell[];
  /** Print each as JSON on a line instead. */
  readonly json: true | undefined;
};

/** Prints a list: as a table, or as JSON Lines. One without an end is printed page by page. Says where more may follow. */
export async function printListing<Item>(
  listing: Listing<Item>,
  { count, heads, rowOf, json }: How<Item>,
): Promise<void> {
  let rows: (readonly Cell[])[] = [heads];
  let left = count;
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await listing.page(cursor);
    const shown = items.slice(0, left);
    left -= shown.length;
    if (json === true) for (const item of shown) printJson(item);
    else rows.push(...shown.map(rowOf));
    const isLast = nextCursor === null || left === 0;
    if (json !== true && (isLast || count === Number.POSITIVE_INFINITY)) {
      if (rows.length > 1 || rows[0] !== heads) printTable(rows);
      else if (isLast) note('There are none.');
      if (rows.length > 1) rows = [];
    }
    if (isLast) {
      if (nextCursor !== null || shown.length < items.length) note('More may follow: a larger --limit shows them.');
      return;
    }
    cursor = nextCursor;
  }
}
