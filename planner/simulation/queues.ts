import TinyQueue from 'tinyqueue';
import type { Micros } from '../time.ts';

type TimedEvent<T> = { readonly at: Micros; readonly order: number; readonly event: T };

/**
 * Keeps what is going to happen, by moment. Things of the same moment are handed out together, in the order in which they
 * were added, so that a thousand invocations that end at once are one step.
 */
export class Agenda<T> {
  readonly #entries = new TinyQueue<TimedEvent<T>>([], (a, b) => a.at - b.at || a.order - b.order);
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

  #take(at: Micros): TimedEvent<T> | undefined {
    return this.#entries.peek()?.at === at ? this.#entries.pop() : undefined;
  }
}

/** Tasks that came at the same moment. */
type Cohort = { readonly at: Micros; tasks: number };

/** Keeps tasks in the order in which they came: a million that came at once are one entry. */
export class Cohorts {
  #entries: Cohort[] = [];
  #first = 0;
  #tasks = 0;

  get tasks(): number {
    return this.#tasks;
  }

  /** The moment at which its first task came. */
  get oldest(): Micros | undefined {
    return this.#entries[this.#first]?.at;
  }

  push(at: Micros, tasks: number): void {
    this.#entries.push({ at, tasks });
    this.#tasks += tasks;
  }

  /** Takes the oldest tasks, and calls back with each moment at which some of them came, and how many. */
  take(tasks: number, taken: (at: Micros, tasks: number) => void): void {
    for (let left = Math.min(tasks, this.#tasks); left > 0; ) {
      const cohort = this.#entries[this.#first];
      if (cohort === undefined) throw new Error('more tasks are counted than there are');
      const part = Math.min(left, cohort.tasks);
      cohort.tasks -= part;
      left -= part;
      this.#tasks -= part;
      if (cohort.tasks === 0) this.#first++;
      taken(cohort.at, part);
    }
    // What has been taken is let go of now and then, not each time.
    if (this.#first > 1_000 && this.#first * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }
}
