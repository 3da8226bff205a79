import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { HttpResponse } from '../core/http-client.ts';
import { decompressed, encodingsOf } from './decompressed.ts';
import { failureOf } from './http-failure.ts';

/** A response as it came over the wire, or as it is kept of one. */
export type Answer = {
  readonly status: number;
  /** Names in lower case; a repeated header's values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
};

/** Headers that are no longer true of a body that was decompressed. */
const OF_THE_COMPRESSED = ['content-encoding', 'content-length'];

/** An answer as a handler gets it: decompressed, and failing as its client fails. */
export function responseOf({ status, headers, body }: Answer, url: URL, signal: AbortSignal): HttpResponse {
  const encodings = encodingsOf(headers['content-encoding'] ?? '');
  const told = Object.entries(headers).filter(([name]) => encodings.length === 0 || !OF_THE_COMPRESSED.includes(name));
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
