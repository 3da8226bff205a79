import pLimit, { type LimitFunction } from 'p-limit';

/**
 * The places of an executor: so many pieces of work have one at a time, those that come first first. A piece of work may leave
 * its place before its end, so that the next begins with what is left to write of it; as many as there are places may be so.
 */
export class Places {
  readonly size: number;
  readonly #limit: LimitFunction;
  readonly #underWay = new Set<Promise<unknown>>();
  /** How many pieces of work have left their places and have not ended. */
  #gone = 0;
  /** How many pieces of work wait to be alone, or are. */
  #alone = 0;
  /** Begins what has come meanwhile. */
  readonly #held: (() => void)[] = [];

  constructor(size: number) {
    this.size = size;
    this.#limit = pLimit(size);
  }

  /** How many pieces of work would begin at once. */
  get free(): number {
    return this.#alone > 0 ? 0 : this.size - this.#limit.activeCount - this.#limit.pendingCount;
  }

  /** Does a piece of work when it has a place, which that may leave. What was to be alone before it has ended by then. */
  run<T>(work: (leave: () => void) => Promise<T>): Promise<T> {
    if (this.#alone === 0) return this.#queue(work);
    const queued = Promise.withResolvers<T>();
    this.#held.push(() => queued.resolve(this.#queue(work)));
    return queued.promise;
  }

  #queue<T>(work: (leave: () => void) => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<T>();
    const done = ended.promise;
    this.#underWay.add(done);
    const over = (): boolean => this.#underWay.delete(done);
    done.then(over, over);
    void this.#limit(() => this.#leaving(work, ended.resolve));
    return done;
  }

  /** Begins a piece of work. Fulfilled when it has ended or left its place. */
  #leaving<T>(work: (leave: () => void) => Promise<T>, end: (result: Promise<T>) => void): Promise<unknown> {
    const left = Promise.withResolvers<void>();
    let hasLeft = false;
    const result = work(() => {
      if (hasLeft || this.#gone >= this.size) return;
      hasLeft = true;
      this.#gone++;
      left.resolve();
    });
    end(result);
    const over = (): void => {
      if (hasLeft) this.#gone--;
    };
    return Promise.race([left.promise, result.then(over, over)]);
  }

  /** Does a piece of work when nothing else is under way. No place is free, and nothing begins, until it has ended. */
  async runAlone<T>(work: (leave: () => void) => Promise<T>): Promise<T> {
    this.#alone++;
    try {
      while (this.#underWay.size > 0) await this.ended();
      return await this.#queue(work);
    } finally {
      this.#alone--;
      if (this.#alone === 0) for (const queue of this.#held.splice(0)) queue();
    }
  }

  /** Fulfilled when one more piece of work has ended, and at once where none is under way. */
  async ended(): Promise<void> {
    if (this.#underWay.size > 0) await Promise.race(this.#underWay).catch(() => {});
  }
}
