import { TaskFailure } from '../core/define-task.ts';
import { NotAsCoded } from './decompressed.ts';
import { BodyBrokeOff } from './request-body.ts';

/** What to throw for an error of undici or a socket: an abort's own reason, or a failure that says what is wrong. */
export function failureOf(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof BodyBrokeOff) return error.cause;
  if (error instanceof NotAsCoded) {
    const message = `the answer of ${url.host} is not coded as its Content-Encoding says: ${error.message}`;
    return new TaskFailure('invalid_encoding', message, { retryable: error.isCut });
  }
  if (error instanceof TaskFailure || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_INVALID_ARG') return new TaskFailure('invalid_request', error.message);
  return new TaskFailure('network_error', `the request to ${url.host} failed: ${error.message || code}`, {
    retryable: true,
  });
}

export const isNetworkError = (failure: unknown): boolean =>
  failure instanceof TaskFailure && failure.code === 'network_error';
