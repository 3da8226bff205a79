import { TaskFailure } from '../core/define-task.ts';
import type { HttpRequest } from '../core/http-client.ts';

/** One request of a chain of redirects. */
export type Hop = {
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpRequest['body'] | undefined;
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
  'range',
  'user-agent',
]);

/**
 * The request that a response redirects to, by the rules of the Fetch Standard ("HTTP-redirect fetch"); `undefined` if
 * it does not redirect. Throws `TaskFailure` `invalid_redirect` where its location is no URL.
 */
export function redirectOf(hop: Hop, status: number, location: string | string[] | undefined): Hop | undefined {
  if (location === undefined || !REDIRECTS.includes(status)) return undefined;
  const url = URL.parse([location].flat().join(', '), hop.url.href);
  if (url === null) throw new TaskFailure('invalid_redirect', `${hop.url.host} redirects to what is no URL`);
  const sameOrigin = url.origin === hop.url.origin;
  const becomesGet = status === 303 ? hop.method !== 'HEAD' : status < 303 && hop.method === 'POST';
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
