import { writeSync } from 'node:fs';

const STDERR = 2;

/** A mistake in the configuration, in one sentence that names the value. An app that does not catch it ends with that sentence alone. */
export class ConfigError extends Error {
  static #isTold = false;

  constructor(message: string) {
    super(message);
    // Where Millrace found the mistake helps nobody to mend it.
    this.stack = message;
    if (ConfigError.#isTold) return;
    ConfigError.#isTold = true;
    process.on('uncaughtExceptionMonitor', endWithSentence);
  }
}

/** Ends the process before Node would show the line of Millrace that threw. An app that takes uncaught errors itself is left to do so. */
function endWithSentence(error: unknown): void {
  if (!(error instanceof ConfigError) || process.listenerCount('uncaughtException') > 0) return;
  writeSync(STDERR, `${error.message}\n`);
  process.exit(1);
}
