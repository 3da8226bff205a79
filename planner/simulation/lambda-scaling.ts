import { POLLERS_AT_FIRST } from '../../lib/constructs/documented-charges.ts';
import {
  MORE_POLLERS_PER_SECOND,
  NEW_ENVIRONMENTS_AT_ONCE,
  NEW_ENVIRONMENTS_PER_SECOND,
} from '../documented-limits.ts';
import { MINUTE, type Micros, SECOND } from '../time.ts';
import { TokenBucket } from './token-bucket.ts';

/** Lambda keeps an idle environment for a while that it does not document: minutes, as one sees. */
const KEPT_WARM: Micros = 5 * MINUTE;

/** Plays the environments of one function: at most as many as are reserved, new ones no faster than Lambda makes them. */
export class Environments {
  readonly #reserved: number;
  readonly #fresh = new TokenBucket(NEW_ENVIRONMENTS_PER_SECOND, NEW_ENVIRONMENTS_AT_ONCE);
  /** Idle ones by when they came free, the latest at the end: Lambda uses that first. */
  readonly #idle: { readonly since: Micros; count: number }[] = [];
  #idleCount = 0;
  #busy = 0;
  #made = 0;
  #throttled = 0;

  constructor(reserved: number) {
    this.#reserved = reserved;
  }

  get made(): number {
    return this.#made;
  }

  /** Invocations that Lambda refused; their event source tried again. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Begins up to `wanted` invocations: in warm environments first, then in new ones. */
  take(wanted: number, now: Micros): { readonly warm: number; readonly cold: number } {
    this.#expire(now);
    const allowed = Math.min(wanted, this.#reserved - this.#busy);
    const warm = this.#reuse(Math.min(allowed, this.#idleCount));
    const cold = this.#fresh.take(allowed - warm, now);
    this.#busy += warm + cold;
    this.#made += cold;
    this.#throttled += wanted - warm - cold;
    return { warm, cold };
  }

  release(count: number, now: Micros): void {
    this.#busy -= count;
    this.#idleCount += count;
    const last = this.#idle.at(-1);
    if (last?.since === now) last.count += count;
    else this.#idle.push({ since: now, count });
  }

  #reuse(count: number): number {
    this.#idleCount -= count;
    for (let left = count; left > 0; ) {
      const last = this.#idle.at(-1);
      if (last === undefined) throw new Error('more idle environments are counted than there are');
      const used = Math.min(left, last.count);
      last.count -= used;
      left -= used;
      if (last.count === 0) this.#idle.pop();
    }
    return count;
  }

  #expire(now: Micros): void {
    const kept = this.#idle.findIndex(({ since }) => since >= now - KEPT_WARM);
    for (const { count } of this.#idle.splice(0, kept === -1 ? this.#idle.length : kept)) this.#idleCount -= count;
  }
}

/** Plays how many batches of one lane may be under way: more while messages are left, up to `MaximumConcurrency`. */
export class EventSource {
  maximumConcurrency: number;
  #level: number = POLLERS_AT_FIRST;
  #at: Micros = 0;
  #isBehind = false;

  constructor(maximumConcurrency: number) {
    this.maximumConcurrency = maximumConcurrency;
  }

  /** Returns how many batches may be under way now. */
  allowed(now: Micros): number {
    if (this.#isBehind) this.#level += ((now - this.#at) / SECOND) * MORE_POLLERS_PER_SECOND;
    this.#level = Math.min(this.#level, Math.max(this.maximumConcurrency, POLLERS_AT_FIRST));
    this.#at = now;
    return Math.min(this.maximumConcurrency, Math.floor(this.#level));
  }

  /** Takes note of what its last poll has left on the queue, and of what is under way. */
  observe(waiting: number, running: number): void {
    this.#isBehind = waiting > 0;
    if (waiting === 0 && running === 0) this.#level = POLLERS_AT_FIRST;
  }

  /** Returns how long it takes until one more is allowed; `undefined` where that is all there may be. */
  untilMore(): Micros | undefined {
    if (this.#level >= this.maximumConcurrency) return undefined;
    return Math.ceil(((Math.floor(this.#level) + 1 - this.#level) / MORE_POLLERS_PER_SECOND) * SECOND);
  }
}
