import { LRUCache } from 'lru-cache';
import { TaskFailure } from '../../core/define-task.ts';
import type { Clock } from '../../core/ports.ts';

/** After so many failures in a row, with no answer between them, an origin counts as down. */
const FAILURES_TO_OPEN = 10;
const OPEN_MS = 10_000;
const MAX_ORIGINS = 1_000;

type Circuit = { readonly failures: number; readonly openUntil: number };

/** What a request says of its origin; an abort, for one, says nothing. */
export type Health = 'up' | 'down' | 'unknown';

/**
 * Spares an origin that is down, and the tasks that would wait for it: after 10 failures in a row requests to it fail at
 * once. Every 10 s one is let through, and its success closes the circuit. One answer begins the count anew: an origin that
 * answers some of its requests is not cut off from them by the others.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #circuits = new LRUCache<string, Circuit>({ max: MAX_ORIGINS });

  constructor(clock: Clock = Date.now) {
    this.#clock = clock;
  }

  /**
   * Lets a request through; what it returns is to be called after the request. Throws `TaskFailure` `circuit_open`, retryable
   * once another request may be let through.
   */
  enter(origin: string): (health: Health) => void {
    const { failures, openUntil } = this.#circuits.get(origin) ?? { failures: 0, openUntil: 0 };
    const now = this.#clock();
    const probes = failures >= FAILURES_TO_OPEN;
    if (probes && now < openUntil) {
      throw new TaskFailure('circuit_open', `${new URL(origin).host} has failed ${failures} times in a row`, {
        retryable: true,
        retryAfterSeconds: Math.ceil((openUntil - now) / 1000),
      });
    }
    if (probes) this.#circuits.set(origin, { failures, openUntil: now + OPEN_MS });
    return (health) => {
      if (health === 'up') this.#circuits.delete(origin);
      if (health === 'down') this.#fail(origin);
    };
  }

  #fail(origin: string): void {
    const failures = (this.#circuits.get(origin)?.failures ?? 0) + 1;
    this.#circuits.set(origin, { failures, openUntil: this.#clock() + OPEN_MS });
  }
}
