import { createHash } from 'node:crypto';
import { pipeline, Readable, Transform } from 'node:stream';
import CachePolicy from 'http-cache-semantics';
import { LRUCache } from 'lru-cache';
import { compact } from '../../core/compact.ts';
import { carriesKeys, type Hop } from './redirect.ts';
import type { Answer } from './response-body.ts';

/** Bytes that may be kept in all, and of one answer, as they came over the wire: the smallest executor has 256 MB. */
const MAX_BYTES = 16_000_000;
const MAX_KEPT_ANSWER_BYTES = 1_000_000;
const MAX_ANSWERS = 500;

/** An answer takes about so much beside its body. */
const ENTRY_BYTES = 4_096;

type CachedAnswer = {
  readonly tenantId: string;
  readonly url: string;
  readonly policy: CachePolicy;
  readonly keptAt: number;
  readonly status: number;
  readonly headers: Answer['headers'];
  readonly body: Buffer;
};

/** The answers that a process keeps. */
export type KeptAnswers = LRUCache<string, CachedAnswer>;

/** Makes the memory for them, which all tenants share. */
export const keptAnswers = (): KeptAnswers =>
  new LRUCache({
    max: MAX_ANSWERS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => body.length + ENTRY_BYTES,
  });

/** These headers say nothing of what is to be answered, so they are no part of an answer's key. */
const NOT_IN_KEY = new Set(['cache-control', 'idempotency-key', 'millrace-attempt', 'pragma']);

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Keeps answers to the requests of one tenant, by RFC 9111. One is kept for requests that have the very same headers, so that
 * only who sends the same keys may get it: what was asked with headers that may be keys is kept as a browser keeps it for its
 * user, all else as a proxy keeps it for everyone. (undici's own cache has no lifetime that a caller could set, and takes
 * no header for a key except by the server's `vary`.)
 */
export class ResponseCache {
  readonly #tenantId: string;
  readonly #entries: KeptAnswers;

  constructor(tenantId: string, entries: KeptAnswers) {
    this.#tenantId = tenantId;
    this.#entries = entries;
  }

  /**
   * Returns the kept answer to a request, or what `send` answers. `seconds` takes the place of what the server says of an
   * answer's lifetime; 0 goes past the cache.
   */
  async answer(hop: Hop, seconds: number | undefined, send: (hop: Hop) => Promise<Answer>): Promise<Answer> {
    if (seconds === 0 || !isPlainGet(hop)) {
      const answer = await send(hop);
      if (!SAFE_METHODS.includes(hop.method) && answer.status < 400) this.#forget(hop.url);
      return answer;
    }
    const key = cacheKeyOf(this.#tenantId, hop);
    const kept = this.#entries.get(key);
    if (kept === undefined) return this.#keeping(key, hop, seconds, await send(hop));
    if (isUsable(kept, hop, seconds)) return answerOf(kept);
    const answer = await send(conditional(hop, kept));
    if (answer.status !== 304) return this.#keeping(key, hop, seconds, answer);
    // A 304 that means another version than the one kept says nothing of this one.
    if ((answer.headers.etag ?? kept.headers.etag) === kept.headers.etag) {
      const entry = refreshed(kept, hop, answer);
      this.#entries.set(key, entry);
      return answerOf(entry);
    }
    return this.#keeping(key, hop, seconds, await send(hop));
  }

  /** Returns the same answer, which is kept once its body has been read to the end. */
  #keeping(key: string, hop: Hop, seconds: number | undefined, answer: Answer): Answer {
    this.#entries.delete(key);
    const policy = policyOf(hop, answer);
    const { status, headers } = answer;
    if (!mayBeKept(policy, hop, seconds, answer)) return answer;
    const chunks: Buffer[] = [];
    let bytes = 0;
    const tap = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length;
        if (bytes <= MAX_KEPT_ANSWER_BYTES) chunks.push(chunk);
        else chunks.length = 0;
        done(null, chunk);
      },
      flush: (done) => {
        if (bytes <= MAX_KEPT_ANSWER_BYTES) {
          // The body is copied, since a piece may be part of a much larger buffer.
          this.#entries.set(key, {
            tenantId: this.#tenantId,
            url: hop.url.href,
            policy,
            keptAt: Date.now(),
            status,
            headers,
            body: Buffer.concat(chunks),
          });
        }
        done();
      },
    });
    return { ...answer, body: pipeline(answer.body, tap, () => {}) };
  }

  /** RFC 9111, section 4.4: a request that changed what is there makes every answer to its URL untrue. */
  #forget(url: URL): void {
    for (const [key, entry] of this.#entries.entries()) {
      if (entry.url === url.href && entry.tenantId === this.#tenantId) this.#entries.delete(key);
    }
  }
}

/** Says whether the answer to a request may answer others: no partial and no conditional one does. */
const isPlainGet = ({ method, headers }: Hop): boolean =>
  method === 'GET' && !Object.keys(headers).some((name) => name === 'range' || name.startsWith('if-'));

function cacheKeyOf(tenantId: string, { url, headers }: Hop): string {
  const selecting = Object.entries(headers).filter(([name]) => !NOT_IN_KEY.has(name));
  return createHash('sha256')
    .update(JSON.stringify([tenantId, url.href, selecting.sort()]))
    .digest('base64');
}

/**
 * Returns a message as the policy is to see it. The policy knows directives in lower case only, and takes `must-revalidate`
 * to hold for what is fresh as well, where the RFC (section 5.2.2.2) means what is not; and that is never used here without
 * asking.
 */
function seen(message: Omit<Hop, 'body'> | Omit<Answer, 'body'>) {
  const { 'cache-control': control, ...others } = message.headers;
  const directives = control?.toLowerCase().replaceAll('must-revalidate', '');
  const headers = directives === undefined ? others : { ...others, 'cache-control': directives };
  return 'status' in message
    ? { status: message.status, headers }
    : { url: message.url.href, method: message.method, headers };
}

/** Makes the policy of an answer. It guesses no lifetime: a task gets an old answer only where the server said that it may. */
const policyOf = (hop: Hop, answer: Omit<Answer, 'body'>): CachePolicy =>
  new CachePolicy(seen(hop), seen(answer), { shared: !carriesKeys(hop.headers), cacheHeuristic: 0 });

function mayBeKept(policy: CachePolicy, hop: Hop, seconds: number | undefined, answer: Answer): boolean {
  const { status, headers } = answer;
  if (headers.vary?.includes('*') || (!carriesKeys(hop.headers) && headers['set-cookie'] !== undefined)) return false;
  if (seconds === undefined) {
    const { etag, 'last-modified': lastModified } = headers;
    return policy.storable() && (!policy.stale() || etag !== undefined || lastModified !== undefined);
  }
  const control = `${headers['cache-control'] ?? ''},max-age=${seconds}`;
  return status < 400 && policyOf(hop, { ...answer, headers: { ...headers, 'cache-control': control } }).storable();
}

const isUsable = ({ policy, keptAt }: CachedAnswer, hop: Hop, seconds: number | undefined): boolean =>
  seconds === undefined ? policy.satisfiesWithoutRevalidation(seen(hop)) : Date.now() - keptAt < seconds * 1000;

/** Returns the request that asks only whether the kept answer is still true. */
function conditional(hop: Hop, { headers: { etag, 'last-modified': lastModified } }: CachedAnswer): Hop {
  const validators = compact({ 'if-none-match': etag, 'if-modified-since': lastModified });
  return { ...hop, headers: { ...hop.headers, ...validators } };
}

/**
 * Returns what a 304 makes of a kept answer: its headers take the place of those kept, but for what they say of its own
 * body.
 */
function refreshed(kept: CachedAnswer, hop: Hop, { headers: told }: Answer): CachedAnswer {
  const { 'content-length': _length, 'content-encoding': _encoding, ...still } = told;
  const headers = { ...kept.headers, age: '0', ...still };
  return { ...kept, headers, policy: policyOf(hop, { status: kept.status, headers }), keptAt: Date.now() };
}

function answerOf({ policy, status, headers, body }: CachedAnswer): Answer {
  return {
    status,
    headers: { ...headers, age: String(Math.round(policy.age())) },
    body: Readable.from([body], { objectMode: false }),
  };
}
