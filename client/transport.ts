import type { ProblemDocument } from './answers.ts';
import { MillraceError } from './millrace-error.ts';
import { backoff, pause } from './pause.ts';
import { createSlots } from './slots.ts';

/** How one call is made. */
export type CallOptions = {
  /** Ends the call, which throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** For so long the call is tried, instead of the client's own. */
  readonly deadlineSeconds?: number | undefined;
};

export type TransportOptions = {
  readonly url: string;
  readonly key: string | (() => string | Promise<string>);
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** So long one try waits for its whole answer. */
  readonly timeoutSeconds: number;
  readonly deadlineSeconds: number;
  /** So many requests are under way at a time. */
  readonly concurrency: number;
};

/** A call of the API. */
export type Call = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the URL of the API, its parts encoded. */
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly idempotencyKey?: string;
  /** Making the call again does no harm, whatever became of it. */
  readonly isRepeatable: boolean;
};

export type Answer = { readonly body: unknown; readonly headers: Headers };

/** Makes calls: tries those again that may be, until they are answered or their deadline comes. */
export type Transport = (call: Call, options?: CallOptions) => Promise<Answer>;

const TOO_MANY_REQUESTS = 429;

export function createTransport(options: TransportOptions): Transport {
  const slots = createSlots(options.concurrency);
  return async (call, { signal, deadlineSeconds = options.deadlineSeconds } = {}) => {
    const deadline = performance.now() + deadlineSeconds * 1000;
    for (let tries = 1; ; tries++) {
      const answer = await slots(signal, () => attempt(call, deadline, signal, options));
      if (!(answer instanceof MillraceError)) return answer;
      const delay = delayAfter(answer, tries);
      if (!mayRepeat(answer, call) || performance.now() + delay >= deadline) throw answer;
      await pause(delay, signal);
    }
  };
}

/** What is refused for there being too much of it has done nothing yet. */
const mayRepeat = (error: MillraceError, { isRepeatable }: Call): boolean =>
  error.isPassing && (isRepeatable || error.status === TOO_MANY_REQUESTS);

/** Returns the milliseconds until a call may be made again: what the answer says and up to a quarter more, or else more each time. */
export const delayAfter = ({ retryAfterSeconds = 0 }: MillraceError, tries: number): number =>
  retryAfterSeconds > 0 ? retryAfterSeconds * (1000 + Math.random() * 250) : backoff(tries, 250, 10_000);

/** Makes a call once. Throws only where it is to end. */
async function attempt(
  { method, path, body, idempotencyKey }: Call,
  deadline: number,
  signal: AbortSignal | undefined,
  { url, key, fetch, timeoutSeconds }: TransportOptions,
): Promise<Answer | MillraceError> {
  const milliseconds = Math.ceil(Math.min(timeoutSeconds * 1000, deadline - performance.now()));
  if (milliseconds <= 0) return new MillraceError('there was no time left for the call', { code: 'timeout' });
  const timeout = AbortSignal.timeout(milliseconds);
  const headers: Record<string, string> = { accept: 'application/json' };
  headers.authorization = `Bearer ${typeof key === 'string' ? key : await key()}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
  try {
    const response = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    return read(response, await response.text());
  } catch (cause) {
    signal?.throwIfAborted();
    if (timeout.aborted) {
      return new MillraceError('the API has not answered in time', { code: 'timeout', isPassing: true, cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new MillraceError(`no answer of the API came: ${reason}`, { code: 'network', isPassing: true, cause });
  }
}

function read(response: Response, text: string): Answer | MillraceError {
  const { status, headers } = response;
  const isJson = /^application\/(problem\+)?json\b/.test(headers.get('content-type') ?? '');
  const body = isJson ? parsed(text) : undefined;
  if (!response.ok) return refusal(status, body, headers);
  if (body !== undefined) return { body, headers };
  return new MillraceError(
    isJson ? 'the answer of the API is cut off' : 'the answer is no JSON: is this the URL that Millrace printed?',
    { code: isJson ? 'network' : 'unreadable', status, isPassing: isJson },
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What API Gateway, or whatever else is in between, answers without a problem document. */
const GATEWAY_CODES: Readonly<Record<number, string>> = {
  401: 'unauthenticated',
  403: 'unauthenticated',
  413: 'payload_too_large',
  429: 'rate_limited',
};

function refusal(status: number, body: unknown, headers: Headers): MillraceError {
  const isPassing = status === TOO_MANY_REQUESTS || status === 408 || status >= 500;
  const after = retryAfterOf(headers.get('retry-after'));
  if (isProblem(body)) return problemError(body, after);
  const code = GATEWAY_CODES[status] ?? (status >= 500 ? 'unavailable' : 'unreadable');
  return new MillraceError(`the answer has the status ${status}, and is none of Millrace`, {
    code,
    status,
    retryAfterSeconds: after,
    isPassing,
  });
}

const isProblem = (body: unknown): body is ProblemDocument =>
  body !== null && typeof body === 'object' && 'code' in body && 'detail' in body;

/** Makes the error of a problem document, of a whole answer or of one task of a bulk. */
export function problemError(problem: ProblemDocument, retryAfterSeconds = problem.retryAfterSeconds): MillraceError {
  const { status, code, detail, errors, estimatedWaitSeconds } = problem;
  const isPassing = status === TOO_MANY_REQUESTS || status >= 500;
  const named = errors?.map(({ field, message }) => `${field} ${message}`).join('; ');
  return new MillraceError(named ? `${detail}: ${named}` : detail, {
    code,
    status,
    fields: errors,
    retryAfterSeconds,
    estimatedWaitSeconds,
    isPassing,
  });
}

/** Reads the header Retry-After: seconds, or a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
