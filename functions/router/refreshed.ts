import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/ports.ts';

/** How old an answer may be before it is asked for again. */
const FRESH_MILLISECONDS = 5_000;

/** A caller waits for an answer only where the last one is older than this: where many call, none has to wait. */
const STALE_MILLISECONDS = FRESH_MILLISECONDS + 1_000;

/** And no longer than this: then it goes by whatever was last known. */
const PATIENCE_MILLISECONDS = 500;

/** Something that AWS knows, asked for at most once in five seconds, by whoever first needs it then. */
export class Refreshed {
  readonly #ask: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #clock: Clock;
  #askedAt = Number.NEGATIVE_INFINITY;
  #knownAt = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;

  /** `ask` keeps what it learns, and throws where it learns nothing, which `failed` hears. */
  constructor(ask: () => Promise<void>, failed: (error: unknown) => void, clock: Clock) {
    this.#ask = ask;
    this.#failed = failed;
    this.#clock = clock;
  }

  /** Fulfilled when what is known is recent, or cannot be soon. */
  async recent(): Promise<void> {
    const now = this.#clock();
    if (this.#underWay === undefined && now - this.#askedAt >= FRESH_MILLISECONDS) this.#underWay = this.#refresh();
    if (this.#underWay === undefined || now - this.#knownAt < STALE_MILLISECONDS) return;
    await Promise.race([this.#underWay, sleep(PATIENCE_MILLISECONDS, undefined, { ref: false })]);
  }

  async #refresh(): Promise<void> {
    try {
      await this.#ask();
      this.#knownAt = this.#clock();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#askedAt = this.#clock();
      this.#underWay = undefined;
    }
  }
}
