import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf } from '../../core/concurrency.ts';
import type { Clock, Log } from '../../core/ports.ts';
import type { PutTraceSegments } from './put-trace-segments.ts';

export type TraceSenderPorts = {
  readonly put: PutTraceSegments;
  readonly clock: Clock;
  readonly log: Log;
};

/** One call takes so many documents, as X-Ray's own daemon sends. */
const MOST_DOCUMENTS = 50;

/** What has been recorded waits no longer for more: an executor that dies takes it along. */
const GATHER_MILLISECONDS = 1_000;

/** A call takes no longer with all of its tries; an invocation waits a moment longer, to hear of it. */
const SEND_MILLISECONDS = 1_900;
const WAIT_MILLISECONDS = 2_000;

/**
 * After a call that failed none is made for so long, and for twice as long after each that follows, up to a minute: in a network
 * without a way to X-Ray, each takes all of its time.
 */
const FIRST_PAUSE_MILLISECONDS = 1_000;
const LONGEST_PAUSE_MILLISECONDS = 60_000;

const NO_ANSWER = `X-Ray has not answered within ${SEND_MILLISECONDS} ms: a network of one's own needs a way to it`;

/** Sends what is recorded to X-Ray. What fails is logged and counted, and is no reason for anything else to fail. */
export class TraceSender {
  readonly #ports: TraceSenderPorts;
  readonly #underWay = new Set<Promise<void>>();
  #documents: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #pausedUntil = 0;
  #pause = FIRST_PAUSE_MILLISECONDS;
  #lost = 0;

  constructor(ports: TraceSenderPorts) {
    this.#ports = ports;
  }

  /** Takes the documents of a segment, to be sent at the end of the invocation at the latest. */
  add(documents: readonly string[]): void {
    this.#documents.push(...documents);
    if (this.#documents.length >= MOST_DOCUMENTS) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), GATHER_MILLISECONDS).unref();
  }

  /**
   * Sends what is left, and waits for all that is under way, for as long as the invocation has. Returns how many documents X-Ray has
   * not taken since the last time.
   */
  async flush(leftMilliseconds: number): Promise<number> {
    if (this.#documents.length > 0) this.#send();
    if (this.#underWay.size > 0) {
      const patience = Math.max(0, Math.min(WAIT_MILLISECONDS, leftMilliseconds));
      await Promise.race([Promise.all(this.#underWay), sleep(patience, undefined, { ref: false })]);
    }
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const part of chunksOf(this.#documents.splice(0), MOST_DOCUMENTS)) {
      const sent = this.#put(part).finally(() => this.#underWay.delete(sent));
      this.#underWay.add(sent);
    }
  }

  async #put(documents: string[]): Promise<void> {
    const { put, clock } = this.#ports;
    if (clock() < this.#pausedUntil) return this.#lose(documents.length, 'a call to X-Ray has just failed');
    const signal = AbortSignal.timeout(SEND_MILLISECONDS);
    try {
      const refused = await put(documents, signal);
      this.#pause = FIRST_PAUSE_MILLISECONDS;
      const [first] = refused;
      if (first !== undefined) this.#lose(refused.length, `${first.ErrorCode}: ${first.Message}`);
    } catch (error) {
      this.#pausedUntil = clock() + this.#pause;
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE_MILLISECONDS);
      this.#lose(documents.length, signal.aborted ? NO_ANSWER : String(error));
    }
  }

  #lose(segments: number, reason: string): void {
    this.#lost += segments;
    this.#ports.log('warn', 'segments not taken by X-Ray', { segments, reason });
  }
}
