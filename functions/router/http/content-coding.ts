import type { Request } from '../route.ts';
import { Problem } from './problem.ts';

/** Loaded by the first that needs it: most requests and answers are small. */
const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib');

/** Twice as much reaches the function at the worst, where each byte is escaped, and Lambda takes 6 MB: we answer. */
export const MAX_BODY_BYTES = 2_500_000;

/** One byte more than is taken, so that a body that is too large is told from one that just fits. */
const limit = { maxOutputLength: MAX_BODY_BYTES + 1 };

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => zlib().gunzipSync(body, limit),
  deflate: (body) => zlib().inflateSync(body, limit),
  br: (body) => zlib().brotliDecompressSync(body, limit),
  zstd: (body) => zlib().zstdDecompressSync(body, limit),
};

/** How the body of a request is coded: `identity` where it is not. */
export const codingOf = ({ headers }: Request): string =>
  headers['content-encoding']?.trim().toLowerCase() || 'identity';

/** The body of a request, decompressed. Throws the problem of one that cannot be, or grows beyond what is taken. */
export function contentOf(request: Request): Buffer {
  const coding = codingOf(request);
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

/** Below this a compressed answer saves no packet. */
export const MIN_COMPRESSED_CHARACTERS = 1_400;

/** What we compress with, the best first; fast levels, for this is billed time. */
const ENCODERS: Readonly<Record<string, (text: string) => Buffer>> = {
  zstd: (text) => zlib().zstdCompressSync(text),
  br: (text) => zlib().brotliCompressSync(text, { params: { [zlib().constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (text) => zlib().gzipSync(text),
};

/** The body of an answer in a coding that its caller takes; `undefined` where it goes as it is. */
export function encodedContent(
  text: string,
  acceptEncoding: string | undefined,
): { readonly coding: string; readonly body: Buffer } | undefined {
  if (acceptEncoding === undefined || text.length < MIN_COMPRESSED_CHARACTERS) return undefined;
  const accepted = weightsOf(acceptEncoding);
  const weight = (coding: string): number => accepted.get(coding) ?? accepted.get('*') ?? 0;
  const [best] = Object.entries(ENCODERS).toSorted(([a], [b]) => weight(b) - weight(a));
  return best === undefined || weight(best[0]) === 0 ? undefined : { coding: best[0], body: best[1](text) };
}

/** `gzip;q=0.5, br` -> gzip 0.5, br 1 (RFC 9110, 12.5.3). */
const weightsOf = (acceptEncoding: string): Map<string, number> =>
  new Map(
    acceptEncoding
      .toLowerCase()
      .split(',')
      .map((part) => {
        const [coding = '', ...parameters] = part.split(';').map((text) => text.trim());
        const q = parameters.find((parameter) => parameter.startsWith('q='));
        return [coding, q === undefined ? 1 : Number(q.slice(2)) || 0];
      }),
  );
