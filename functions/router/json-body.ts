import type * as z from 'zod';
import { fieldErrors, Problem } from './problem.ts';
import type { Request } from './route.ts';

/** Twice as much reaches the function at the worst, where each byte is escaped, and Lambda takes 6 MB: we answer. */
const MAX_BODY_BYTES = 2_500_000;

/** Deeper than data gets. What walks a value calls itself at each level, and a stack ends somewhere. */
const MAX_LEVELS = 100;

/** The body of a request, parsed. Throws the problem that says all that is wrong with it. */
export function jsonBody<T>(request: Request, schema: z.ZodType<T>): T {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new Problem('unsupported_media_type', 'send the body as application/json');
  }
  if (request.body.length > MAX_BODY_BYTES) {
    throw new Problem(
      'payload_too_large',
      `the body has ${request.body.length} bytes; at most ${MAX_BODY_BYTES} are taken: send a URL of the data instead`,
    );
  }
  const value = parseJson(request.body);
  if (deeperThan(MAX_LEVELS, value)) {
    throw new Problem('invalid_request', `the body nests more than ${MAX_LEVELS} levels deep`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem('invalid_request', 'the body is not what this call takes', {
    errors: fieldErrors(parsed.error.issues),
  });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw new Problem('invalid_request', `the body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

const deeperThan = (levels: number, value: unknown): boolean =>
  value !== null &&
  typeof value === 'object' &&
  (levels === 0 || Object.values(value).some((part) => deeperThan(levels - 1, part)));
