import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';

const DECODERS = {
  zstd: () => createZstdDecompress(),
  br: () => createBrotliDecompress(),
  gzip: () => createGunzip(),
  deflate: () => createInflate(),
};
type Encoding = keyof typeof DECODERS;

/** For the request header `accept-encoding`. */
export const ACCEPT_ENCODING = Object.keys(DECODERS).join(', ');

/** A server may name more, and each would take memory of its own before a byte of the body has come. */
const MAX_ENCODINGS = 3;

/** Names that a server may use for one of these (RFC 9110, section 8.4.1.3), and for none at all. */
const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip' };
const NONE = ['', 'identity'];

/** A body that is not coded as it says; `message` is what is wrong with it. */
export class NotAsCoded extends Error {
  /** It may have been cut on its way, and come whole another time. */
  readonly isCut: boolean;

  constructor(message: string, isCut: boolean) {
    super(message);
    this.isCut = isCut;
  }
}

/** What a header `content-encoding` says, in the order in which it was done; empty if any of it was not asked for. */
export function encodingsOf(contentEncoding: string): readonly Encoding[] {
  const names = contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => !NONE.includes(name))
    .map((name) => ALIASES[name] ?? name);
  const known = names.filter((name): name is Encoding => Object.hasOwn(DECODERS, name));
  return known.length === names.length && known.length <= MAX_ENCODINGS ? known : [];
}

/**
 * A response's body as it was before its server compressed it. (undici has an interceptor for this; it is experimental,
 * says so on every cold start, and takes an empty body for a broken one.)
 */
export async function* decompressed(body: Readable, encodings: readonly Encoding[]): AsyncGenerator<Uint8Array> {
  if (encodings.length === 0) return yield* body;
  let empty = true;
  body.once('data', () => {
    empty = false;
  });
  const decoders = encodings.toReversed().map((encoding) => DECODERS[encoding]());
  try {
    // Whoever reads the last stream is told of every error in the chain.
    yield* pipeline([body, ...decoders], () => {}) as unknown as Readable;
  } catch (error) {
    // An answer to HEAD, for one, names the encoding of a body that does not come.
    if (empty && body.readableEnded) return;
    throw isOfDecoder(error) ? new NotAsCoded(`${error.message} (${encodings.join(', ')})`, isOfCut(error)) : error;
  }
}

/** zlib numbers its errors and names them `Z_...`, `ERR_BROTLI...` and `ZSTD_error...`; a network's come from elsewhere. */
const isOfDecoder = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'code' in error && /^(?:Z_|ZSTD_|ERR_BROTLI|ERR__)/.test(String(error.code));

const isOfCut = ({ code }: { readonly code: string }): boolean => code === 'Z_BUF_ERROR';
