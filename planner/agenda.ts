import type { Micros } from './time.ts';

/**
 * What is going to happen, by moment. Things that happen at the same moment are handed out together, so that a thousand
 * invocations that end at once are one step.
 */
export class Agenda<T> {
  readonly #at = new Map<Micros, T[]>();
  /** A binary heap of the moments. */
  readonly #moments: Micros[] = [];

  add(at: Micros, event: T): void {
    const events = this.#at.get(at);
    if (events !== undefined) {
      events.push(event);
      return;
    }
    this.#at.set(at, [event]);
    this.#rise(at);
  }

  /** The next moment and all that happens then. */
  next(): { readonly at: Micros; readonly events: readonly T[] } | undefined {
    const at = this.#moments[0];
    if (at === undefined) return undefined;
    const last = this.#moments.pop();
    if (last !== undefined && this.#moments.length > 0) this.#sink(last);
    const events = this.#at.get(at) ?? [];
    this.#at.delete(at);
    return { at, events };
  }

  #rise(moment: Micros): void {
    const heap = this.#moments;
    let index = heap.push(moment) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above <= moment) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = moment;
  }

  #sink(moment: Micros): void {
    const heap = this.#moments;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if ((heap[child + 1] ?? Number.POSITIVE_INFINITY) < (heap[child] ?? 0)) child++;
      const below = heap[child] ?? 0;
      if (below >= moment) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = moment;
  }
}
