import { CommandError, EXIT } from './exit-code.ts';

/**
 * Returns a signal that Ctrl-C aborts, for a reason that says what becomes of what was waited for. A second Ctrl-C ends the process,
 * as the first would without this.
 */
export function interruption(sentence: string): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort(new CommandError(sentence, EXIT.interrupted)));
  return controller.signal;
}
