import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { decodedText } from '../core/decoded-text.ts';
import { TaskFailure } from '../core/define-task.ts';
import type { HttpBody, HttpHeaders, HttpResponse } from '../core/http-client.ts';
import { decompressed, encodingsOf } from './decompressed.ts';
import { failureOf } from './http-failure.ts';
import type { Hop } from './http-redirect.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** A response as it came over the wire, or as it is kept of one. */
export type Answer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Readable;
};

/** Headers that are no longer true of a body that was decompressed. */
const OF_THE_COMPRESSED = ['content-encoding', 'content-length'];

/** The answer to the last of a chain of requests as a handler gets it: decompressed, and failing as its client fails. */
export function responseOf(
  { status, headers, body }: Answer,
  { url }: Hop,
  redirected: boolean,
  signal: AbortSignal,
): HttpResponse {
  const encodings = encodingsOf(headers['content-encoding'] ?? '');
  const told = Object.entries(headers).filter(([name]) => encodings.length === 0 || !OF_THE_COMPRESSED.includes(name));
  // A body that is given up or aborted reports an error, and an error that nobody listens to ends the process.
  body.on('error', () => {});
  const wait = retryAfterSeconds(headers['retry-after'], Date.now());
  return {
    status,
    headers: Object.fromEntries(told),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
    url: url.href.slice(0, url.href.length - url.hash.length),
    redirected,
    body: bodyOf(failing(decompressed(body, encodings), url, signal), headers['content-type'], url, () => {
      body.destroy();
    }),
  };
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
