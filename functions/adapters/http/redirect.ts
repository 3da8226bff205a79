import { Readable } from 'node:stream';
import { TaskFailure } from '../../core/define-task.ts';
import type { RequestBody } from './request-body.ts';

/** One request of a chain of redirects. */
export type Hop = {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  readonly followAsGet: boolean;
  readonly followRedirects: boolean;
};

/** These redirects repeat a request as it is, and those ask for a GET of something else. */
const REPEATING = [307, 308];
const TO_A_GET = [301, 302, 303];

/** Requests of these methods send nothing that such a redirect would lose. */
const ASKING = ['GET', 'HEAD'];

/**
 * What a request may carry to another origin. Its other headers were meant for the first server: there is no telling
 * which of them is a key.
 */
const SAFE_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-encoding',
  'content-language',
  'content-type',
  'idempotency-key',
  'millrace-attempt',
  'range',
  'user-agent',
]);

/** Says whether a request has headers that may be keys, so that its answer may be meant for its sender alone. */
export const carriesKeys = (headers: Hop['headers']): boolean =>
  Object.keys(headers).some((name) => !SAFE_HEADERS.has(name));

/** Says whether a response is a redirect that is followed, so that nobody reads its body. */
export const isFollowed = (
  { method, followAsGet, followRedirects }: Hop,
  status: number,
  location: string | undefined,
): location is string =>
  followRedirects &&
  location !== undefined &&
  (REPEATING.includes(status) || (TO_A_GET.includes(status) && (followAsGet || ASKING.includes(method))));

/**
 * Returns the request that a response redirects to; `undefined` if it redirects to none, or if following it would deliver
 * nothing of what was sent. Keys go to no other origin, as the Fetch Standard has it ("HTTP-redirect fetch"). Throws
 * `TaskFailure` `invalid_redirect` where its location is no URL, or where a body that was streamed would have to be sent
 * again.
 */
export function redirectOf(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!isFollowed(hop, status, location)) return undefined;
  const url = URL.parse(textOfHeader(location), hop.url.href);
  if (url === null) throw new TaskFailure('invalid_redirect', `${hop.url.host} redirects to what is no URL`);
  const sameOrigin = url.origin === hop.url.origin;
  const becomesGet = TO_A_GET.includes(status) && !ASKING.includes(hop.method);
  if (!becomesGet && hop.body instanceof Readable) {
    throw new TaskFailure('invalid_redirect', `${hop.url.host} redirects a body that was streamed, and is gone`);
  }
  const headers = Object.entries(hop.headers).filter(
    ([name]) => (sameOrigin || SAFE_HEADERS.has(name)) && !(becomesGet && name.startsWith('content-')),
  );
  return {
    ...hop,
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: becomesGet ? undefined : hop.body,
  };
}

/** undici reads a header's bytes one by one; a location that is not escaped is UTF-8, as a page's links are. */
function textOfHeader(value: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}
