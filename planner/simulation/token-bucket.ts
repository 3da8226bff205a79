import { type Micros, SECOND } from '../time.ts';

/** Plays a limit as AWS enforces it: so much a second, of which a pause saves up no more than `burst`. It starts full. */
export class TokenBucket {
  #tokens: number;
  #at: Micros = 0;
  #perSecond: number;
  #burst: number;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  /** Changes the limit from now on. */
  resize(perSecond: number, burst: number): void {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  available(now: Micros): number {
    const refilled = this.#tokens + ((now - this.#at) / SECOND) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, refilled);
    this.#at = now;
    return this.#tokens;
  }

  /** Takes what was asked for, or the whole tokens that there are, and returns how many that was. */
  take(tokens: number, now: Micros): number {
    const taken = Math.min(tokens, Math.floor(this.available(now)));
    this.#tokens -= taken;
    return taken;
  }

  /** Returns how long it takes until there is so much, if nobody takes any. */
  until(tokens: number, now: Micros): Micros {
    const missing = Math.min(tokens, this.#burst) - this.available(now);
    return missing <= 0 ? 0 : Math.ceil((missing / this.#perSecond) * SECOND);
  }
}
