import type { TaskSeed } from '../../core/task/task.ts';
import { givesWayTo } from '../../core/task/transition.ts';
import { bindingKeptUntil, type KeyBinding } from '../../core/tenant/key-binding.ts';

/** Keeps the bindings of idempotency keys by their places, as the table keeps their rows. */
export class MemoryKeyBindings {
  readonly #rows = new Map<string, KeyBinding>();

  put(place: string, binding: KeyBinding): void {
    this.#rows.set(place, binding);
  }

  /** Makes room for the row of a task. */
  remove(place: string): void {
    this.#rows.delete(place);
  }

  /** Returns the binding of a key that is not free. */
  at(place: string, now: number): KeyBinding | undefined {
    const binding = this.#rows.get(place);
    return binding !== undefined && binding.freeAt > now ? binding : undefined;
  }

  /** Says whether a message that makes a task at this place has lost it to a binding. */
  refuses(place: string, seed: TaskSeed, now: number): boolean {
    const binding = this.#rows.get(place);
    if (binding === undefined || bindingKeptUntil(binding) <= now) return false;
    return binding.freeAt > now || !givesWayTo(binding, seed);
  }
}
