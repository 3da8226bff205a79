import { codingOf, contentOf, MAX_BODY_BYTES } from './content-coding.ts';
import { Problem } from './problem.ts';
import type { Request } from './route.ts';

/** Deeper than data gets. What walks a value calls itself at each level, and a stack ends somewhere. */
const MAX_LEVELS = 100;

/** The JSON of a request. Throws the problem that says why it cannot be read. */
export function jsonBody(request: Request): unknown {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  const isCompressed = codingOf(request) !== 'identity';
  if (mediaType !== 'application/json' && !(isCompressed && mediaType === 'application/octet-stream')) {
    throw new Problem('unsupported_media_type', 'send the body as application/json');
  }
  if (isCompressed && request.cameAsText) {
    throw new Problem(
      'unsupported_media_type',
      'send a compressed body as application/octet-stream: API Gateway reads application/json as text',
    );
  }
  const content = contentOf(request);
  if (content.length > MAX_BODY_BYTES) {
    throw new Problem(
      'payload_too_large',
      `the body has ${content.length} bytes; at most ${MAX_BODY_BYTES} are taken: send a URL of the data instead`,
    );
  }
  const value = parseJson(content);
  if (!deeperThan(MAX_LEVELS, value)) return value;
  throw new Problem('invalid_request', `the body nests more than ${MAX_LEVELS} levels deep`);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch (error) {
    throw new Problem('invalid_request', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

const deeperThan = (levels: number, value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  (levels === 0 || Object.values(value).some((part) => deeperThan(levels - 1, part)));
