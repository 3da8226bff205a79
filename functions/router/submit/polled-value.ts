import { setImmediate as endOfTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/ports.ts';

/** An answer may be so old before it is asked for again. */
const FRESH_MILLISECONDS = 5_000;

/** A caller waits for an answer only where the last one is older than this: where many call, none has to wait. */
const STALE_MILLISECONDS = FRESH_MILLISECONDS + 1_000;

/** A caller waits no longer than this: then it goes by whatever was last known. */
const PATIENCE_MILLISECONDS = 500;

/** Keeps something that AWS knows fresh: it is asked for at most once in five seconds, by whoever first needs it then. */
export class PolledValue {
  readonly #ask: (at: number) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #clock: Clock;
  #askedAt = Number.NEGATIVE_INFINITY;
  #knownAt = Number.NEGATIVE_INFINITY;
  /** Fulfilled when the answer that is under way has come, or is waited for no longer. */
  #awaited: Promise<void> | undefined;

  /**
   * `ask` keeps what it learns, as it was `at` that time, and throws where it learns nothing, which `failed` hears. An answer
   * is as old as its question: in between, Lambda may have let the process sleep.
   */
  constructor(ask: (at: number) => Promise<void>, failed: (error: unknown) => void, clock: Clock) {
    this.#ask = ask;
    this.#failed = failed;
    this.#clock = clock;
  }

  /** Fulfilled when what is known is recent, or cannot be soon. */
  async fresh(): Promise<void> {
    const now = this.#clock();
    if (now - this.#askedAt < FRESH_MILLISECONDS && now - this.#knownAt < STALE_MILLISECONDS) return;
    await this.#once();
    // An answer that has slept is too old when it comes.
    await this.#once();
  }

  async #once(): Promise<void> {
    const now = this.#clock();
    if (this.#awaited === undefined && now - this.#askedAt >= FRESH_MILLISECONDS) {
      this.#askedAt = now;
      this.#awaited = withinPatience(this.#refresh(now), undefined);
    }
    if (now - this.#knownAt >= STALE_MILLISECONDS) await this.#awaited;
  }

  async #refresh(at: number): Promise<void> {
    try {
      await this.#ask(at);
      this.#knownAt = at;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#awaited = undefined;
    }
  }
}

/** Returns what `underWay` comes to, or `otherwise` where it takes longer than half a second. */
export const withinPatience = <T>(underWay: Promise<T>, otherwise: T): Promise<T> => patience()(underWay, otherwise);

export type Patience = <T>(underWay: Promise<T>, otherwise: T) => Promise<T>;

/**
 * Begins to wait half a second for several answers together; when that is over, one that is known still counts. Most answers are
 * known at once, and have no timer.
 */
export function patience(): Patience {
  const until = performance.now() + PATIENCE_MILLISECONDS;
  return async (underWay, otherwise) => {
    const known = await Promise.race([underWay, thisTurn()]);
    if (known !== UNKNOWN) return known;
    return Promise.race([underWay, sleep(Math.max(0, until - performance.now()), otherwise, { ref: false })]);
  };
}

const UNKNOWN = Symbol('unknown');
let turn: Promise<typeof UNKNOWN> | undefined;

/** Fulfilled at the end of this turn of the event loop, for all who ask in it. */
function thisTurn(): Promise<typeof UNKNOWN> {
  turn ??= endOfTurn(UNKNOWN).finally(() => {
    turn = undefined;
  });
  return turn;
}
