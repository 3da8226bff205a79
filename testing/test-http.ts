import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { lazyHttpClients } from '../functions/adapters/http/lazy-http-clients.ts';
import { type Answer, failureOf, responseOf } from '../functions/adapters/http/response-body.ts';
import type { HttpClients, HttpHeaders, HttpRequest } from '../functions/core/http-client.ts';

/** Answers a request of a handler, as a server would. Where it throws, no answer came: the handler gets `network_error`. */
export type AnswerRequest = (url: string, request: HttpRequest) => Response | Promise<Response>;

/**
 * Makes the outgoing HTTP of a test: the answers of a function, or real requests to the hosts that a text names as
 * `outboundHosts` does, such as `127.0.0.1`. Without either, a request fails and says so.
 */
export function testHttp(http: AnswerRequest | string = refuse): HttpClients {
  if (typeof http === 'string') return lazyHttpClients(http);
  const request = async (address: string, asked: HttpRequest) => {
    const { signal } = asked;
    const url = new URL(address);
    signal.throwIfAborted();
    try {
      const response = await http(address, asked);
      return responseOf(answerOf(response), { url }, response.redirected, signal);
    } catch (error) {
      throw failureOf(error, url, signal);
    }
  };
  return { of: () => ({ request }) };
}

const refuse: AnswerRequest = (url) => {
  throw new Error(`the test has no answer to ${url}; give it one: http: () => Response.json({ ok: true })`);
};

function answerOf({ status, headers, body }: Response): Answer {
  const cookies = headers.getSetCookie();
  const told: HttpHeaders = {
    ...Object.fromEntries(headers),
    ...(cookies.length === 0 ? {} : { 'set-cookie': cookies }),
  };
  return { status, headers: told, body: body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream) };
}
