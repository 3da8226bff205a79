import { Readable } from 'node:stream';
import { TaskFailure } from '../core/define-task.ts';
import type { RequestBody } from './request-body.ts';

/** One request of a chain of redirects. */
export type Hop = {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
};

const REDIRECTS = [301, 302, 303, 307, 308];

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

/** Has a request headers that may be keys, and its answer therefore be meant for its sender alone? */
export const carriesKeys = (headers: Hop['headers']): boolean =>
  Object.keys(headers).some((name) => !SAFE_HEADERS.has(name));

/** Does a response redirect, so that nobody reads its body? */
export const redirects = (status: number, location: string | undefined): location is string =>
  location !== undefined && REDIRECTS.includes(status);

/**
 * The request that a response redirects to, by the rules of the Fetch Standard ("HTTP-redirect fetch"); `undefined` if
 * it does not redirect. Throws `TaskFailure` `invalid_redirect` where its location is no URL, or where a body that was
 * streamed would have to be sent again.
 */
export function redirectOf(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirects(status, location)) return undefined;
  const url = URL.parse(location, hop.url.href);
  if (url === null) throw new TaskFailure('invalid_redirect', `${hop.url.host} redirects to what is no URL`);
  const sameOrigin = url.origin === hop.url.origin;
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST';
  if (!becomesGet && hop.body instanceof Readable) {
    throw new TaskFailure('invalid_redirect', `${hop.url.host} redirects a body that was streamed, and is gone`);
  }
  const headers = Object.entries(hop.headers).filter(
    ([name]) => (sameOrigin || SAFE_HEADERS.has(name)) && !(becomesGet && name.startsWith('content-')),
  );
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: becomesGet ? undefined : hop.body,
  };
}
