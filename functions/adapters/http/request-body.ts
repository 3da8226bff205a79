import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  createZstdCompress,
  gzip,
  zstdCompress,
} from 'node:zlib';
import type { Compression, HttpRequest } from '../../core/http-client.ts';

/** Brotli's default, 11, is meant for files that are compressed once: it takes some 50 times as long as 4. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);
const zstded = promisify(zstdCompress);

const ENCODERS: Readonly<
  Record<
    Compression,
    { readonly whole: (body: string | Uint8Array) => Promise<Buffer>; readonly stream: () => NodeJS.ReadWriteStream }
  >
> = {
  gzip: { whole: (body) => gzipped(body), stream: () => createGzip() },
  br: { whole: (body) => brotlied(body, BROTLI), stream: () => createBrotliCompress(BROTLI) },
  zstd: { whole: (body) => zstded(body), stream: () => createZstdCompress() },
};

/** A body as it is sent: a stream can be sent only once. */
export type RequestBody = string | Uint8Array | Readable | undefined;

/** Thrown by a body that broke off; `cause` is what its source threw. */
export class BodyBrokeOff extends Error {}

/** Returns the body of a request, compressed where it is asked for. */
export async function requestBodyOf({ body, compress }: HttpRequest): Promise<RequestBody> {
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return compress === undefined ? body : ENCODERS[compress].whole(body);
  }
  if (body === undefined) return undefined;
  const stream = Readable.from(marked(body), { objectMode: false });
  if (compress === undefined) return stream;
  return pipeline(stream, ENCODERS[compress].stream(), () => {}) as unknown as Readable;
}

/** Marks what a source throws: a network's error looks just like it, and the caller has to know which it was. */
async function* marked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    throw new BodyBrokeOff('the body broke off', { cause });
  }
}
