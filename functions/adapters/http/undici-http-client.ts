import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { TaskFailure } from '../../core/define-task.ts';
import type { HttpClient, HttpHeaders, HttpRequest, HttpResponse } from '../../core/http-client.ts';
import { CircuitBreaker, type Health } from './circuit-breaker.ts';
import { HttpConnections } from './connections.ts';
import { checkedLookup, type OutboundPolicy, type Resolve } from './outbound-policy.ts';
import { type Hop, isFollowed, redirectOf } from './redirect.ts';
import { requestBodyOf } from './request-body.ts';
import {
  ACCEPT_ENCODING,
  type Answer,
  failureOf,
  isNetworkError,
  responseOf,
  retryAfterSeconds,
} from './response-body.ts';
import { keptAnswers, ResponseCache } from './response-cache.ts';

const MAX_REDIRECTS = 5;
/** So much of a redirect's body is read at most, to keep its connection; beyond it a new connection is cheaper. */
const DISCARDED_BYTES = 16_384;

const CONNECTION_OPTIONS = {
  // The limit on connections would not bound the requests of an HTTP/2 session, all of which fail together with it.
  allowH2: false,
  headersTimeout: 30_000,
  bodyTimeout: 15_000,
} as const;
const CONNECT_TIMEOUT_MS = 2_000;

/** Upper bound of the wait before the first retry; it doubles with each further one. */
const RETRY_MS = 100;
/** The idempotent methods of RFC 9110, section 9.2.2. */
const IDEMPOTENT_METHODS = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** By these statuses a server asks for another try. One attempt waits for it so long: the task itself can wait longer. */
const PASSING = [408, 425, 429];
const MAX_PAUSE_SECONDS = 5;

/** By these statuses a gateway says that there is no server behind it; any other is the answer of a server. */
const DOWN = [502, 503, 504];

const DEFAULT_HEADERS = { 'user-agent': 'millrace', 'accept-encoding': ACCEPT_ENCODING };

/**
 * Sends the requests of one tenant within an outbound policy, over kept-alive connections. Host names are resolved once for
 * each connection, and it is opened to the very addresses that were checked: a name that changes its address gains nothing.
 */
export class UndiciHttpClient implements HttpClient {
  readonly #policy: OutboundPolicy;
  readonly #connections: HttpConnections;
  readonly #breaker = new CircuitBreaker();
  readonly #cache: ResponseCache;

  constructor(policy: OutboundPolicy, resolve?: Resolve, cache = new ResponseCache('', keptAnswers())) {
    this.#policy = policy;
    this.#cache = cache;
    this.#connections = new HttpConnections({
      ...CONNECTION_OPTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS, lookup: checkedLookup(policy, resolve) },
    });
  }

  async request(url: string, request: HttpRequest): Promise<HttpResponse> {
    try {
      return await this.#follow(await firstHop(url, request), request);
    } catch (error) {
      // A body that was not sent is not closed either.
      if (request.body instanceof Readable) request.body.destroy();
      throw error;
    }
  }

  /** Ends all connections; requests under way fail. */
  async close(): Promise<void> {
    await this.#connections.destroy();
  }

  async #follow(first: Hop, request: HttpRequest): Promise<HttpResponse> {
    let hop = first;
    for (let followed = 0; ; followed++) {
      this.#policy.check(hop.url);
      const answer = await this.#cache.answer(hop, request.cacheSeconds, (asked) => this.#answer(asked, request));
      const next = redirectOf(hop, answer.status, answer.headers.location);
      if (next === undefined) return responseOf(answer, hop, followed > 0, request.signal);
      if (followed === MAX_REDIRECTS) {
        throw new TaskFailure('too_many_redirects', `${hop.url.host} redirects more than ${MAX_REDIRECTS} times`);
      }
      hop = next;
    }
  }

  /** Sends a request unless its origin is down, and notes whether it is. */
  async #answer(hop: Hop, request: HttpRequest): Promise<Answer> {
    const leave = this.#breaker.enter(hop.url.origin);
    let health: Health = 'unknown';
    try {
      const answer = await this.#sendWithRetries(hop, request);
      health = DOWN.includes(answer.status) ? 'down' : 'up';
      return answer;
    } catch (failure) {
      if (isNetworkError(failure)) health = 'down';
      throw failure;
    } finally {
      leave(health);
    }
  }

  async #sendWithRetries(hop: Hop, request: HttpRequest): Promise<Answer> {
    const { retries = 0, signal } = request;
    const last = mayBeRepeated(hop) ? retries : 0;
    for (let tried = 0; ; tried++) {
      let milliseconds = Math.random() * RETRY_MS * 2 ** tried;
      try {
        const answer = await this.#send(hop, request);
        const seconds = retryAfterSeconds(answer.headers['retry-after'], Date.now()) ?? 0;
        if (tried >= last || !PASSING.includes(answer.status) || seconds > MAX_PAUSE_SECONDS) return answer;
        milliseconds += seconds * 1000;
        // Its connection goes with it: a body that is given up reports an error, which nobody has to know.
        answer.body.on('error', () => {}).destroy();
      } catch (error) {
        const failure = failureOf(error, hop.url, signal);
        if (tried >= last || !isNetworkError(failure)) throw failure;
      }
      await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  async #send(hop: Hop, { answerSeconds, signal }: HttpRequest): Promise<Answer> {
    const { url, method, headers, body } = hop;
    const asked = {
      path: url.pathname + url.search,
      method: method as Dispatcher.HttpMethod,
      headers,
      body: body ?? null,
      ...(answerSeconds === undefined ? {} : { headersTimeout: answerSeconds * 1000 }),
    };
    const response = await this.#connections.request(url.origin, asked, signal);
    const answer = { status: response.statusCode, headers: headersOf(response) };
    if (!isFollowed(hop, answer.status, answer.headers.location)) return { ...answer, body: response.body };
    await response.body.dump({ limit: DISCARDED_BYTES, signal });
    return { ...answer, body: Readable.from([]) };
  }
}

async function firstHop(text: string, request: HttpRequest): Promise<Hop> {
  const url = URL.parse(text);
  if (url === null) throw new TaskFailure('invalid_url', 'what is to be called is no URL');
  const { method = 'GET', headers = {}, body, compress, followAsGet = false, followRedirects = true } = request;
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const hop = {
    url,
    method,
    followAsGet,
    followRedirects,
    headers: { ...DEFAULT_HEADERS, ...given },
    body: await requestBodyOf(request),
  };
  if (body === undefined || compress === undefined) return hop;
  // The caller's length is that of the body before it was compressed.
  const { 'content-length': _, ...still } = hop.headers as Hop['headers'];
  const encoding = [given['content-encoding'], compress].filter((coding) => coding !== undefined).join(', ');
  return { ...hop, headers: { ...still, 'content-encoding': encoding } };
}

function headersOf({ headers }: Dispatcher.ResponseData): HttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => {
      // Blanks around a value are no part of it (RFC 9110, section 5.5).
      const values = [value].flat().map((one) => one.replace(/^[\t ]+|[\t ]+$/g, ''));
      return [name, name === 'set-cookie' ? values : values.join(', ')];
    }),
  );
}

/** Says whether a second request would do no more than one. */
const mayBeRepeated = ({ method, headers, body }: Hop): boolean =>
  (IDEMPOTENT_METHODS.includes(method) || headers['idempotency-key'] !== undefined) && !(body instanceof Readable);
