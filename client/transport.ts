import type { ProblemDocument } from './answers.ts';
import { MillraceError } from './millrace-error.ts';
import { backoff, pause } from './pause.ts';
import { createSlots, type Slots } from './slots.ts';
import { within } from './within.ts';

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
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the URL of the API, its parts encoded. */
  readonly path: string;
  /** JSON. */
  readonly body?: string | undefined;
  readonly idempotencyKey?: string;
  /** Making the call again does no harm, whatever became of it. */
  readonly isRepeatable: boolean;
  /** For so long the call's key stands for what was made first; after that it would make another. */
  readonly keyTtlSeconds?: number | undefined;
};

export type Answer = { readonly body: unknown; readonly headers: Headers };

/** Makes calls: tries those again that may be, until they are answered or their deadline comes. */
export type Transport = (call: Call, options?: CallOptions) => Promise<Answer>;

const TOO_MANY_REQUESTS = 429;

export function createTransport(options: TransportOptions): Transport {
  const slots = createSlots(options.concurrency);
  return async (call, { signal, deadlineSeconds = options.deadlineSeconds } = {}) => {
    const deadline = performance.now() + deadlineSeconds * 1000;
    /** Until then the call may be made again. */
    let safeUntil = deadline;
    for (let tries = 1; ; tries++) {
      const began = performance.now();
      const answer = await attempt(call, deadline, signal, slots, options);
      if (!(answer instanceof MillraceError)) return answer;
      safeUntil = Math.min(safeUntil, began + safeSecondsAfter(answer, call) * 1000);
      const delay = delayAfter(answer, tries);
      if (!answer.isPassing || performance.now() + delay >= safeUntil) throw answer;
      await pause(delay, signal);
    }
  };
}

/** Returns for how long after a try the call may be made again: what is refused for there being too much of it has done nothing yet. */
export const safeSecondsAfter = (
  { status }: MillraceError,
  { isRepeatable, keyTtlSeconds = Number.POSITIVE_INFINITY }: Pick<Call, 'isRepeatable' | 'keyTtlSeconds'>,
): number => {
  if (status === TOO_MANY_REQUESTS) return Number.POSITIVE_INFINITY;
  return isRepeatable ? keyTtlSeconds : 0;
};

/** Returns the milliseconds until a call may be made again: what the answer says and up to a quarter more, or else more each time. */
export const delayAfter = ({ retryAfterSeconds = 0 }: MillraceError, tries: number): number =>
  retryAfterSeconds > 0 ? retryAfterSeconds * (1000 + Math.random() * 250) : backoff(tries, 250, 10_000);

/** Makes a call once, when it is its turn. Throws only where it is to end. */
async function attempt(
  call: Call,
  deadline: number,
  signal: AbortSignal | undefined,
  slots: Slots,
  options: TransportOptions,
): Promise<Answer | MillraceError> {
  const left = deadline - performance.now();
  if (left <= 0) return new MillraceError('there was no time left for the call', { code: 'timeout' });
  const sent = (limit: AbortSignal) =>
    within(options.timeoutSeconds * 1000, limit, (limitOfTry) => send(call, limitOfTry, options));
  try {
    return await within(left, signal, (limit) => slots(limit, () => sent(limit)));
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof MillraceError) return cause;
    return new MillraceError(`no answer of the API came: ${reasonOf(cause)}`, {
      code: 'network',
      isPassing: true,
      cause,
    });
  }
}

/** Says why something was thrown. What `fetch` says of itself is that it failed; the reason lies below. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? `${thrown.message}: ${reasonOf(thrown.cause)}` : thrown.message;
}

async function send(
  { method, path, body, idempotencyKey }: Call,
  signal: AbortSignal,
  { url, key, fetch }: TransportOptions,
): Promise<Answer | MillraceError> {
  const headers: Record<string, string> = { accept: 'application/json', authorization: `Bearer ${await keyOf(key)}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['idempotency-key'] = sendable(idempotencyKey);
  // A redirect would take the key to somebody else, and make a GET of a submit.
  const init: RequestInit = { method, headers, redirect: 'manual', signal };
  const response = await fetch(url + path, body === undefined ? init : { ...init, body });
  return read(response, await response.text());
}

/** What a header carries. What `fetch` says of others may have all of them in it, the key too. */
const VISIBLE = /^[\x21-\x7e]+$/;

async function keyOf(key: TransportOptions['key']): Promise<string> {
  let given: string;
  try {
    given = String((typeof key === 'function' ? await key() : key) ?? '').trim();
  } catch (cause) {
    throw new MillraceError(`the key could not be had: ${reasonOf(cause)}`, { code: 'no_key', cause });
  }
  if (VISIBLE.test(given)) return given;
  throw new MillraceError(`the key is ${given === '' ? 'missing' : 'none: no header can carry its characters'}`, {
    code: 'no_key',
  });
}

function sendable(idempotencyKey: string): string {
  if (VISIBLE.test(idempotencyKey)) return idempotencyKey;
  const message = 'must have 1 to 128 visible ASCII characters';
  throw new MillraceError(`the task cannot be submitted: Idempotency-Key ${message}`, {
    code: 'invalid_request',
    fields: [{ field: 'Idempotency-Key', message }],
  });
}

function read(response: Response, text: string): Answer | MillraceError {
  const { status, headers } = response;
  // A browser does not tell the status of a redirect.
  if (status === 0 || (status >= 300 && status < 400)) {
    const message = 'the URL is redirected, and a key goes nowhere else: give the URL that Millrace printed';
    return new MillraceError(message, { code: 'unreadable', status });
  }
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
  const after = retryAfterOf(headers);
  if (isProblem(body)) return problemError(body, after);
  const code = GATEWAY_CODES[status] ?? (status >= 500 ? 'unavailable' : 'unreadable');
  return new MillraceError(`the answer has the status ${status}, and is none of Millrace`, {
    code,
    status,
    retryAfterSeconds: after,
    isPassing,
  });
}

export const isProblem = (body: unknown): body is ProblemDocument =>
  typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;

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
export function retryAfterOf(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** Makes the error of an answer that is JSON, and of somebody else. */
export const foreignAnswer = (): MillraceError =>
  new MillraceError('the answer is none of Millrace: is this the URL that Millrace printed?', { code: 'unreadable' });
