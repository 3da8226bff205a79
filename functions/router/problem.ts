import * as z from 'zod';
import { once } from '../core/once.ts';
import { quoted } from '../core/wording.ts';

/** Every `code` that the API answers with, and its status. Codes are stable; the texts beside them are not. */
export const PROBLEM_STATUS = {
  invalid_request: 400,
  unauthenticated: 401,
  missing_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_conflict: 409,
  invalid_status: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  lane_saturated: 429,
  rate_limited: 429,
  internal_error: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEM_STATUS;

/** Of `node:http`, whose import takes as long as all of the SDK's clients. */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export type FieldError = { readonly field: string; readonly message: string };

/** Of a submit that comes too early. */
type Waits = { readonly retryAfterSeconds?: number; readonly estimatedWaitSeconds?: number };

/** Thrown by a route to answer with `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly waits: Waits;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>>; waits?: Waits } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
    this.waits = more.waits ?? {};
  }
}

/** Says of a name that is none of those `known`, which those are. */
export const noSuch = (noun: string, name: string, known: readonly string[]): string =>
  `there is no ${noun} ${JSON.stringify(name.slice(0, 100))}; there are: ${known.join(', ')}`;

/** The document of a problem. */
export const problemSchema = once(() =>
  z
    .strictObject({
      type: z.literal('about:blank'),
      title: z.string(),
      status: z.int(),
      code: z.enum(Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]]),
      detail: z.string(),
      errors: z
        .array(
          z.strictObject({
            field: z.string().describe('JSON pointer into the body, or the name of a parameter or header'),
            message: z.string(),
          }),
        )
        .optional()
        .describe('Every wrong field of the request'),
      retryAfterSeconds: z.int().optional().describe('Of a submit that is refused: when to try again'),
      estimatedWaitSeconds: z.int().optional().describe('Of a full lane: how long the task would wait in it'),
    })
    .meta({ id: 'Problem' }),
);
export type ProblemDocument = z.infer<ReturnType<typeof problemSchema>>;

export function problemDocument({ code, message, errors, waits }: Problem): ProblemDocument {
  const status = PROBLEM_STATUS[code];
  return {
    type: 'about:blank',
    title: TITLES[status] ?? code,
    status,
    code,
    detail: message,
    ...(errors.length > 0 ? { errors: [...errors] } : {}),
    ...waits,
  };
}

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** The unknown fields, which zod reports together at what holds them. */
  readonly keys?: readonly PropertyKey[];
};

/** The issues of a schema as wrong fields below `pointer`. */
export const fieldErrors = (issues: readonly Issue[], pointer = ''): FieldError[] =>
  issues.flatMap(({ message, path = [], keys }) => {
    const parts = path.map((part) => (typeof part === 'object' ? part.key : part));
    const at = (...more: PropertyKey[]) => [pointer, ...[...parts, ...more].map(escapePointer)].join('/');
    if (keys === undefined) return [{ field: at(), message }];
    // Each says of itself alone that it is not there.
    return keys.map((key) => ({ field: at(key), message: message.replace(quoted(keys), quoted([key])) }));
  });

/** RFC 6901. */
const escapePointer = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1');
