import { MORE_POLLERS_PER_SECOND, POLLERS_AT_FIRST } from './documented-limits.ts';
import { type Micros, SECOND } from './time.ts';

/** How many batches of one lane may be under way: grows while messages are left, up to `MaximumConcurrency`. */
export class EventSource {
  maximumConcurrency: number;
  #level: number = POLLERS_AT_FIRST;
  #at: Micros = 0;
  #isBehind = false;

  constructor(maximumConcurrency: number) {
    this.maximumConcurrency = maximumConcurrency;
  }

  /** Batches that may be under way now. */
  allowed(now: Micros): number {
    if (this.#isBehind) this.#level += ((now - this.#at) / SECOND) * MORE_POLLERS_PER_SECOND;
    this.#level = Math.min(this.#level, Math.max(this.maximumConcurrency, POLLERS_AT_FIRST));
    this.#at = now;
    return Math.min(this.maximumConcurrency, Math.floor(this.#level));
  }

  /** What its last poll has left on the queue, and what it has under way. */
  observe(waiting: number, running: number): void {
    this.#isBehind = waiting > 0;
    if (waiting === 0 && running === 0) this.#level = POLLERS_AT_FIRST;
  }

  /** How long until one more is allowed; `undefined` where that is all there may be. */
  untilMore(): Micros | undefined {
    if (this.#level >= this.maximumConcurrency) return undefined;
    return Math.ceil(((Math.floor(this.#level) + 1 - this.#level) / MORE_POLLERS_PER_SECOND) * SECOND);
  }
}
