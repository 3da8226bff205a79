import type { Request } from '../route.ts';
import { changedNumberCount, changedNumberErrors, withChangedNumbers } from './changed-numbers.ts';
import { contentCodingOf, decodedContent, MAX_BODY_BYTES } from './content-coding.ts';
import { type FieldError, Problem, UNLISTED } from './problem.ts';
import { repeatedNameErrors, shapeOf } from './repeated-names.ts';

/** Data is never so deep. What walks a value calls itself at each level, and a stack ends somewhere. */
const MAX_LEVELS = 100;

/** Holds the JSON of a request, or a part of it. */
export class JsonBody {
  readonly value: unknown;
  /** The value with the numbers that would change; `undefined` where there is none. */
  readonly #marked: unknown;

  constructor(value: unknown, marked?: unknown) {
    this.value = value;
    this.#marked = marked;
  }

  /** Names the fields whose numbers would not be kept as they were sent. */
  get numberErrors(): FieldError[] {
    if (this.#marked === undefined) return [];
    const listed = changedNumberErrors(this.#marked);
    return listed.concat(Array(changedNumberCount(this.#marked) - listed.length).fill(UNLISTED));
  }

  /** Returns the items of one of its members, which is a list. */
  itemsOf(member: string): JsonBody[] {
    const marked = listIn(this.#marked, member);
    return listIn(this.value, member).map((item, place) => new JsonBody(item, marked[place]));
  }
}

function listIn(value: unknown, member: string): readonly unknown[] {
  const list = value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[member] : undefined;
  return Array.isArray(list) ? list : [];
}

/** Reads the JSON of a request. Throws the problem that says why it cannot be read. */
export function parseBody(request: Request): JsonBody {
  const { mediaType, charset } = contentTypeOf(request);
  const isCompressed = contentCodingOf(request) !== 'identity';
  if (mediaType !== 'application/json' && !(isCompressed && mediaType === 'application/octet-stream')) {
    throw new Problem('unsupported_media_type', 'send the body as application/json');
  }
  if (charset !== undefined && !/^utf-?8$/.test(charset)) {
    const shown = JSON.stringify(charset.slice(0, 50));
    throw new Problem('unsupported_media_type', `send the body as UTF-8: the charset ${shown} is not taken`);
  }
  if (isCompressed && request.cameAsText) {
    throw new Problem(
      'unsupported_media_type',
      'send a compressed body as application/octet-stream: API Gateway reads application/json as text',
    );
  }
  const content = decodedContent(request);
  if (content.length > MAX_BODY_BYTES) {
    throw new Problem(
      'payload_too_large',
      `the body has ${content.length} bytes; at most ${MAX_BODY_BYTES} are taken: send a URL of the data instead`,
    );
  }
  const text = decodedBody(content);
  const value = parseJson(text);
  const { levels, names } = shapeOf(text);
  if (levels > MAX_LEVELS) throw new Problem('invalid_request', `the body nests more than ${MAX_LEVELS} levels deep`);
  const errors = repeatedNameErrors(text, value, names);
  if (errors.length > 0) throw new Problem('invalid_request', 'the body names something twice', { errors });
  return new JsonBody(value, withChangedNumbers(text));
}

/** Reads the Content-Type of a request (RFC 9110, section 8.3.1). */
function contentTypeOf({ headers }: Request): { readonly mediaType: string; readonly charset: string | undefined } {
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replace(/^"(.*)"$/, '$1');
  return { mediaType: mediaType.trim(), charset };
}

/** Leaves out a byte order mark (U+FEFF) at the beginning. */
const decoder = new TextDecoder('utf-8', { fatal: true });

function decodedBody(body: Buffer): string {
  try {
    return decoder.decode(body);
  } catch {
    throw new Problem('invalid_request', 'the body is not JSON: it is not UTF-8');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('invalid_request', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}
