import pLimit, { type LimitFunction } from 'p-limit';

/** The places of an executor: so many pieces of work are under way at a time, those that come first first. */
export class Places {
  readonly size: number;
  readonly #limit: LimitFunction;
  readonly #underWay = new Set<Promise<unknown>>();
  /** How many pieces of work wait to be alone, or are. */
  #alone = 0;

  constructor(size: number) {
    this.size = size;
    this.#limit = pLimit(size);
  }

  /** How many pieces of work would begin at once. */
  get free(): number {
    return this.#alone > 0 ? 0 : this.size - this.#limit.activeCount - this.#limit.pendingCount;
  }

  /** Does a piece of work when it has a place. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#limit(work);
    this.#underWay.add(done);
    const over = (): boolean => this.#underWay.delete(done);
    done.then(over, over);
    return done;
  }

  /** Does a piece of work when nothing else is under way; no place is free until then. */
  async runAlone<T>(work: () => Promise<T>): Promise<T> {
    this.#alone++;
    try {
      while (this.#underWay.size > 0) await this.ended();
      return await this.run(work);
    } finally {
      this.#alone--;
    }
  }

  /** Fulfilled when one more piece of work has ended, and at once where none is under way. */
  async ended(): Promise<void> {
    if (this.#underWay.size > 0) await Promise.race(this.#underWay).catch(() => {});
  }
}
