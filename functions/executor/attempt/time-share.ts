/** One part of what is under way in an executor. */
export type TimeShare = {
  /** Returns the whole milliseconds of the executor that it has had since it was last asked: those of two side by side are halves. */
  take(): number;
  end(): void;
};

/** Shares the time of an executor among what is under way in it, so that all shares together are the time. */
export class TimeShares {
  readonly #milliseconds: () => number;
  #underWay = 0;
  #at = 0;
  /** What somebody has had who was under way from the beginning. */
  #each = 0;

  constructor(milliseconds: () => number = () => performance.now()) {
    this.#milliseconds = milliseconds;
  }

  begin(): TimeShare {
    this.#advance();
    this.#underWay++;
    let taken = this.#each;
    return {
      take: () => {
        this.#advance();
        const whole = Math.round(this.#each - taken);
        // What is less than a millisecond is left for the next time.
        taken += whole;
        return whole;
      },
      end: () => {
        this.#advance();
        this.#underWay--;
      },
    };
  }

  #advance(): void {
    const now = this.#milliseconds();
    if (this.#underWay > 0) this.#each += (now - this.#at) / this.#underWay;
    this.#at = now;
  }
}
