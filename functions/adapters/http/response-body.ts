import { pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { compact } from '../../core/compact.ts';
import { decodedText } from '../../core/decoded-text.ts';
import { TaskFailure } from '../../core/define-task.ts';
import type { HttpBody, HttpHeaders, HttpResponse } from '../../core/http-client.ts';
import type { Hop } from './redirect.ts';
import { BodyBrokeOff } from './request-body.ts';

/** A response as it came over the wire, or as the cache kept it. */
export type Answer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Readable;
};

/** These headers are no longer true of a body that was decompressed. */
const OF_THE_COMPRESSED = ['content-encoding', 'content-length'];

/**
 * Returns the answer to the last of a chain of requests as a handler gets it: decompressed, and failing as its client
 * fails.
 */
export function responseOf(
  { status, headers, body }: Answer,
  { url }: Pick<Hop, 'url'>,
  redirected: boolean,
  signal: AbortSignal,
): HttpResponse {
  const encodings = encodingsOf(headers['content-encoding'] ?? '');
  const told = Object.entries(headers).filter(([name]) => encodings.length === 0 || !OF_THE_COMPRESSED.includes(name));
  // A body that is given up or aborted reports an error, and an error that nobody listens to ends the process.
  body.on('error', () => {});
  return compact({
    status,
    headers: Object.fromEntries(told),
    retryAfterSeconds: retryAfterSeconds(headers['retry-after'], Date.now()),
    url: url.href.slice(0, url.href.length - url.hash.length),
    redirected,
    body: bodyOf(failing(decompressedBody(body, encodings), url, signal), headers['content-type'], url, () => {
      body.destroy();
    }),
  });
}

function bodyOf(
  chunks: AsyncGenerator<Uint8Array>,
  contentType: string | undefined,
  { host }: URL,
  destroy: () => void,
): HttpBody {
  const text = async (): Promise<string> => {
    const decoded = decodedText(await buffer(chunks), contentType);
    if (decoded !== undefined) return decoded;
    throw new TaskFailure('invalid_encoding', `${host} answered what is no text in the charset that it has`);
  };
  const json = async (): Promise<unknown> => {
    const given = await text();
    try {
      return JSON.parse(given);
    } catch {
      throw new TaskFailure('invalid_answer', `${host} answered what is no JSON`);
    }
  };
  return { [Symbol.asyncIterator]: () => chunks, bytes: () => buffer(chunks), text, json, destroy };
}

async function* failing(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failureOf(error, url, signal);
  }
}

const DECODERS = {
  zstd: () => createZstdDecompress(),
  br: () => createBrotliDecompress(),
  gzip: () => createGunzip(),
  deflate: () => createInflate(),
};
type Encoding = keyof typeof DECODERS;

/** The value of the request header `accept-encoding`. */
export const ACCEPT_ENCODING = Object.keys(DECODERS).join(', ');

/** No more encodings are undone, since each takes memory of its own before a byte of the body has come. */
const MAX_ENCODINGS = 3;

/** A server may use these names for one of them (RFC 9110, section 8.4.1.3), and these for none at all. */
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' };
const NONE = ['', 'identity'];

/** Thrown by a body that is not coded as it says; `message` is what is wrong with it. */
class NotAsCoded extends Error {
  /** It may have been cut on its way, and come whole another time. */
  readonly isCut: boolean;

  constructor(message: string, isCut: boolean) {
    super(message);
    this.isCut = isCut;
  }
}

/** Reads a header `content-encoding`, in the order in which it was done; empty if any of it was not asked for. */
function encodingsOf(contentEncoding: string): readonly Encoding[] {
  const names = contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !NONE.includes(name))
    .map((name) => ALIASES[name] ?? name);
  const known = names.filter((name): name is Encoding => Object.hasOwn(DECODERS, name));
  return known.length === names.length && known.length <= MAX_ENCODINGS ? known : [];
}

/**
 * Returns a response's body as it was before its server compressed it. (undici has an interceptor for this; it is experimental,
 * says so on every cold start, and takes an empty body for a broken one.)
 */
async function* decompressedBody(body: Readable, encodings: readonly Encoding[]): AsyncGenerator<Uint8Array> {
  if (encodings.length === 0) return yield* body;
  let empty = true;
  body.once('data', () => {
    empty = false;
  });
  const decoders = encodings.toReversed().map((encoding) => DECODERS[encoding]());
  try {
    // The reader of the last stream is told of every error in the chain.
    yield* pipeline([body, ...decoders], () => {}) as unknown as Readable;
  } catch (error) {
    // An answer to HEAD, for one, names the encoding of a body that does not come.
    if (empty && body.readableEnded) return;
    throw isOfDecoder(error) ? new NotAsCoded(`${error.message} (${encodings.join(', ')})`, isOfCut(error)) : error;
  }
}

/** zlib numbers its errors and names them `Z_...`, `ERR_BROTLI...` and `ZSTD_error...`; a network's come from elsewhere. */
const isOfDecoder = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_|ERR_BROTLI|ERR__)/.test(String(error.code));

const isOfCut = ({ code }: { readonly code: string }): boolean => code === 'Z_BUF_ERROR';

/** Returns what to throw for an error of undici or a socket: an abort's own reason, or a failure that says what is wrong. */
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

/** The forms of a date in HTTP (RFC 9110, section 5.6.7): IMF-fixdate, and the obsolete ones of asctime and RFC 850. */
const DATES = [
  /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
];
const RFC_850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;

/**
 * Returns how many seconds a header `Retry-After` asks to wait, in seconds or until a date (RFC 9110, section 10.2.3);
 * `undefined` for any other.
 */
export function retryAfterSeconds(retryAfter: string | undefined, now: number): number | undefined {
  const value = retryAfter?.replace(/^[\t ]+|[\t ]+$/g, '') ?? '';
  // However many digits it has, it asks for a wait: no number of seconds is infinite.
  if (/^\d+$/.test(value)) return Math.min(Number(value), Number.MAX_SAFE_INTEGER);
  const date = dateOf(value, now);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

function dateOf(value: string, now: number): number {
  // asctime names no zone, and means GMT.
  if (DATES.some((form) => form.test(value))) return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  const [, day, month, year, time] = RFC_850.exec(value) ?? [];
  if (year === undefined) return Number.NaN;
  // The year is the latest with these two digits that is no more than 50 ahead.
  const latest = new Date(now).getUTCFullYear() + 50;
  return Date.parse(`${day} ${month} ${latest - ((latest - Number(year)) % 100)} ${time} GMT`);
}
