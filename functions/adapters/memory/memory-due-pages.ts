import type { DueTask } from '../../core/ports.ts';
import type { Task } from '../../core/task/task.ts';
import type { LaggingIndex } from './lagging-index.ts';

/** Until when a task waits for the clock, or to be looked after; a held one until its type is no longer paused. */
export type Wait = { readonly dueAt: number; readonly heldType?: string };

type Listed = readonly [key: string, wait: Wait];

/**
 * Pages through the index of what waits, and leaves out of a page what is no longer as it says: it had a place in it all the
 * same.
 */
export async function* duePages(
  waits: LaggingIndex<Wait>,
  rows: ReadonlyMap<string, Task>,
  isWanted: (wait: Wait) => boolean,
  limit: number,
): AsyncGenerator<readonly DueTask[]> {
  let place: Listed | undefined;
  do {
    const page = waits
      .read()
      .filter(([, wait]) => isWanted(wait))
      .filter((listed) => place === undefined || inOrder(place, listed) < 0)
      .toSorted(inOrder)
      .slice(0, limit);
    waits.age();
    yield page
      .filter(([key, wait]) => waits.get(key) === wait)
      .map(([key, { dueAt }]) => ({ task: rows.get(key) as Task, dueAt }));
    place = page.length < limit ? undefined : page.at(-1);
  } while (place !== undefined);
}

const inOrder = ([key, { dueAt }]: Listed, [other, wait]: Listed): number =>
  dueAt - wait.dueAt || (key < other ? -1 : Number(key > other));
