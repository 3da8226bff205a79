import { MillraceError } from './millrace-error.ts';

/** A timer takes no more: it would fire at once. */
const LONGEST_MILLISECONDS = 2 ** 31 - 1;

/**
 * Does work that is given a signal, and waits for it no longer than `milliseconds`, after which it throws `timeout`, or than until
 * `signal` aborts, whose reason it throws: whether the work looks at its signal or not. Nothing stays behind on `signal`, which may outlive any
 * number of calls (`AbortSignal.any` leaves a signal there for each).
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const { signal: limit } = controller;
  const abort = (): void => controller.abort(signal?.reason);
  const timer = setTimeout(
    () => controller.abort(new MillraceError('the API has not answered in time', { code: 'timeout', isPassing: true })),
    Math.min(milliseconds, LONGEST_MILLISECONDS),
  );
  signal?.addEventListener('abort', abort);
  try {
    return await Promise.race([work(limit), rejectionOf(limit)]);
  } catch (error) {
    throw limit.aborted ? limit.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

const rejectionOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
