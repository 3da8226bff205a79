import { text } from 'node:stream/consumers';
import { Agent, type Dispatcher } from 'undici';
import { TaskFailure } from '../core/define-task.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../core/http-client.ts';
import { checkedLookup, type Resolve } from './checked-lookup.ts';
import { ACCEPT_ENCODING, decompressed, encodingsOf } from './decompressed.ts';
import { type Hop, redirectOf } from './http-redirect.ts';
import type { OutboundPolicy } from './outbound-policy.ts';

const MAX_REDIRECTS = 5;
/** Up to so much of a redirect's body is read, to keep its connection; beyond it a new connection is cheaper. */
const DISCARDED_BYTES = 16_384;

const AGENT_OPTIONS = {
  connections: 20,
  // The limit on connections would not bound the requests of an HTTP/2 session, all of which fail together with it.
  allowH2: false,
  keepAliveTimeout: 30_000,
  keepAliveMaxTimeout: 30_000,
  headersTimeout: 30_000,
  bodyTimeout: 15_000,
} as const;
const CONNECT_TIMEOUT_MS = 2_000;

const DEFAULT_HEADERS = { 'user-agent': 'millrace', 'accept-encoding': ACCEPT_ENCODING };

/** Headers that are no longer true of a body that was decompressed. */
const OF_THE_COMPRESSED = ['content-encoding', 'content-length'];

/**
 * Outgoing HTTP within an outbound policy, over kept-alive connections. Host names are resolved once for each
 * connection, and it is opened to the very addresses that were checked: a name that changes its address gains nothing.
 */
export class UndiciHttpClient implements HttpClient {
  readonly #policy: OutboundPolicy;
  readonly #agent: Agent;

  constructor(policy: OutboundPolicy, resolve?: Resolve) {
    this.#policy = policy;
    this.#agent = new Agent({
      ...AGENT_OPTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS, lookup: checkedLookup(policy, resolve) },
    });
  }

  async request(url: string, { method = 'GET', headers = {}, body, signal }: HttpRequest): Promise<HttpResponse> {
    let hop: Hop = { url: urlOf(url), method, headers: { ...DEFAULT_HEADERS, ...lowerCased(headers) }, body };
    for (let redirects = 0; ; redirects++) {
      this.#policy.check(hop.url);
      const response = await this.#send(hop, signal);
      const next = redirectOf(hop, response.statusCode, response.headers.location);
      if (next === undefined) return responseOf(response, hop.url, signal);
      await response.body.dump({ limit: DISCARDED_BYTES, signal });
      if (redirects === MAX_REDIRECTS) {
        throw new TaskFailure('too_many_redirects', `${hop.url.host} redirects more than ${MAX_REDIRECTS} times`);
      }
      hop = next;
    }
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #send({ url, method, headers, body }: Hop, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#agent.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body ?? null,
        signal,
      });
    } catch (error) {
      throw failureOf(error, url, signal);
    }
  }
}

function responseOf(response: Dispatcher.ResponseData, url: URL, signal: AbortSignal): HttpResponse {
  const { statusCode: status, body } = response;
  const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const);
  const encodings = encodingsOf(new Map(headers).get('content-encoding') ?? '');
  const told = encodings.length === 0 ? headers : headers.filter(([name]) => !OF_THE_COMPRESSED.includes(name));
  // A body that is given up or aborted reports an error, and an error that nobody listens to ends the process.
  body.on('error', () => {});
  const chunks = failing(decompressed(body, encodings), url, signal);
  return {
    status,
    headers: Object.fromEntries(told),
    body: { [Symbol.asyncIterator]: () => chunks, text: () => text(chunks), destroy: () => void body.destroy() },
  };
}

async function* failing(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failureOf(error, url, signal);
  }
}

/** What to throw for an error of undici or a socket: an abort's own reason, or a failure that says what is wrong. */
function failureOf(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof TaskFailure || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_INVALID_ARG') return new TaskFailure('invalid_request', error.message);
  return new TaskFailure('network_error', `the request to ${url.host} failed: ${error.message || code}`, {
    retryable: true,
  });
}

function urlOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new TaskFailure('invalid_url', 'what is to be called is no URL');
  return url;
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
