import { isTombstone, type Tombstone, tombstoneKeptUntil } from '../../core/deletion/tombstone.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { givesWayTo } from '../../core/task/transition.ts';
import { bindingKeptUntil, type KeyBinding } from '../../core/tenant/key-binding.ts';

/** What has the place of a task and is none. */
type Placeholder = KeyBinding | Tombstone;

/** Keeps bindings of idempotency keys and tombstones by their places, as the table keeps their rows. */
export class MemoryPlaceholders {
  readonly #rows = new Map<string, Placeholder>();

  put(place: string, holder: Placeholder): void {
    this.#rows.set(place, holder);
  }

  /** Makes room for the row of a task. */
  remove(place: string): void {
    this.#rows.delete(place);
  }

  /** Returns what keeps a place from a new task. */
  at(place: string, now: number): Placeholder | undefined {
    const holder = this.#rows.get(place);
    return holder !== undefined && holder.freeAt > now ? holder : undefined;
  }

  /** Returns the tombstone at a place, until TTL takes it. */
  tombstoneAt(place: string, now: number): Tombstone | undefined {
    const holder = this.#rows.get(place);
    return holder !== undefined && isTombstone(holder) && tombstoneKeptUntil(holder) > now ? holder : undefined;
  }

  /** Says to what a message that makes a task at this place has lost it; `undefined` where it has not. */
  refusalOf(place: string, seed: TaskSeed, now: number): 'conflict' | 'deleted' | undefined {
    const holder = this.#rows.get(place);
    if (holder === undefined) return undefined;
    if (isTombstone(holder)) {
      return tombstoneKeptUntil(holder) <= now || givesWayTo(holder, seed) ? undefined : 'deleted';
    }
    if (bindingKeptUntil(holder) <= now) return undefined;
    return holder.freeAt > now || !givesWayTo(holder, seed) ? 'conflict' : undefined;
  }
}
