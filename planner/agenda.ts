import TinyQueue from 'tinyqueue';
import type { Micros } from './time.ts';

type Entry<T> = { readonly at: Micros; readonly order: number; readonly event: T };

/**
 * Keeps what is going to happen, by moment. Things of the same moment are handed out together, in the order in which they
 * were added, so that a thousand invocations that end at once are one step.
 */
export class Agenda<T> {
  readonly #entries = new TinyQueue<Entry<T>>([], (a, b) => a.at - b.at || a.order - b.order);
  #added = 0;

  add(at: Micros, event: T): void {
    this.#entries.push({ at, order: this.#added++, event });
  }

  /** Takes the next moment and all that happens then; `undefined` where nothing is left. */
  next(): { readonly at: Micros; readonly events: readonly T[] } | undefined {
    const first = this.#entries.peek();
    if (first === undefined) return undefined;
    const events: T[] = [];
    for (let entry = this.#take(first.at); entry !== undefined; entry = this.#take(first.at)) events.push(entry.event);
    return { at: first.at, events };
  }

  #take(at: Micros): Entry<T> | undefined {
    return this.#entries.peek()?.at === at ? this.#entries.pop() : undefined;
  }
}
