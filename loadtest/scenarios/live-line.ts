/** A line that says how it goes: written over itself on a terminal, anew every ten seconds elsewhere. */
export class LiveLine {
  readonly #stream = process.stderr;
  #last = 0;

  say(text: string): void {
    const isTerminal = this.#stream.isTTY === true;
    if (Date.now() - this.#last < (isTerminal ? 200 : 10_000)) return;
    this.#last = Date.now();
    this.#stream.write(
      isTerminal ? `\r\x1b[K${`  … ${text}`.slice(0, (this.#stream.columns ?? 80) - 1)}` : `  … ${text}\n`,
    );
  }

  /** A line that stays. */
  note(text: string): void {
    this.#stream.write(`${this.#stream.isTTY === true ? '\r\x1b[K' : ''}  ${text}\n`);
  }
}
