import type { Micros } from './time.ts';

/** Tasks that came at the same moment. */
type Cohort = { readonly at: Micros; tasks: number };

/** A queue of tasks, first in, first out, by when they came: a million that came at once are one entry. */
export class Cohorts {
  #entries: Cohort[] = [];
  #first = 0;
  #tasks = 0;

  get tasks(): number {
    return this.#tasks;
  }

  /** When its first has come. */
  get oldest(): Micros | undefined {
    return this.#entries[this.#first]?.at;
  }

  push(at: Micros, tasks: number): void {
    this.#entries.push({ at, tasks });
    this.#tasks += tasks;
  }

  /** Takes the oldest tasks, and tells of each cohort how many of it they were. */
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
