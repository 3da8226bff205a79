import { acceptedCoding } from '../../runtime/accepted-coding.ts';
import type { Request } from '../route.ts';
import { Problem } from './problem.ts';

/** Loads zlib when it is first needed: most requests and answers are small. */
const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');

/** At the worst, where each byte is escaped, twice as much reaches the function: Lambda takes 6 MB, so that we can answer. */
export const MAX_BODY_BYTES = 2_500_000;

/** One byte more than fits is read, so that a body that is too large is told from one that just fits. */
const limit = { maxOutputLength: MAX_BODY_BYTES + 1 };

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => zlib().gunzipSync(body, limit),
  deflate: (body) => zlib().inflateSync(body, limit),
  br: (body) => zlib().brotliDecompressSync(body, limit),
  zstd: (body) => zlib().zstdDecompressSync(body, limit),
};

/** Returns how the body of a request is coded: `identity` where it is not. */
export const contentCodingOf = ({ headers }: Request): string =>
  headers['content-encoding']?.trim().toLowerCase() || 'identity';

/** Decompresses the body of a request. Throws the problem of one that cannot be, or grows beyond what is taken. */
export function decodedContent(request: Request): Buffer {
  const coding = contentCodingOf(request);
  const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
  if (decode === undefined) {
    throw new Problem(
      'unsupported_media_type',
      `Content-Encoding ${JSON.stringify(coding.slice(0, 50))} is not taken; there are ${Object.keys(DECODERS).join(', ')}`,
    );
  }
  try {
    return decode(request.body);
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Problem(
        'payload_too_large',
        `the body has more than ${MAX_BODY_BYTES} bytes: send a URL of the data instead`,
      );
    }
    throw new Problem('invalid_request', `the body is not ${coding}, which its Content-Encoding says it is`);
  }
}

/** A compressed answer that is shorter saves no packet. */
export const MIN_COMPRESSED_CHARACTERS = 1_400;

/** How an answer is compressed, by the best coding first; at fast levels, for this is billed time. */
const ENCODERS = {
  zstd: (text: string): Buffer => zlib().zstdCompressSync(text),
  br: (text: string): Buffer =>
    zlib().brotliCompressSync(text, { params: { [zlib().constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text: string): Buffer => zlib().gzipSync(text),
};
const CODINGS = Object.keys(ENCODERS) as (keyof typeof ENCODERS)[];

/** Encodes the body of an answer in a coding that its caller takes; `undefined` where it goes as it is. */
export function encodedContent(
  text: string,
  acceptEncoding: string | undefined,
): { readonly coding: string; readonly body: Buffer } | undefined {
  if (text.length < MIN_COMPRESSED_CHARACTERS) return undefined;
  const coding = acceptedCoding(acceptEncoding, CODINGS);
  return coding && { coding, body: ENCODERS[coding](text) };
}
