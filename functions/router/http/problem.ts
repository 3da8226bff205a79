import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isBrokenDefinition } from '../../core/definition/find-definition.ts';
import { pointerPart } from '../../core/json.ts';
import type { Log } from '../../core/ports.ts';
import { quoted, shortened } from '../../core/zod-messages.ts';

/** Every `code` that the API answers with, and its status. Codes are stable; the texts beside them are not. */
export const PROBLEM_STATUS = {
  invalid_request: 400,
  unauthenticated: 401,
  missing_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  answer_too_large: 406,
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

/** Copies what `node:http` has, whose import takes as long as all of the SDK's clients. */
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Payload Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export type FieldError = { readonly field: string; readonly message: string };

/** How many wrong fields a document lists, and how many characters they may take together. */
export type Room = { readonly errors: number; readonly characters: number };
export const MAX_LISTED = 100;
const ROOM: Room = { errors: MAX_LISTED, characters: 16_000 };

/** What a submit is told that comes too early. */
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
  `there is no ${noun} ${JSON.stringify(shortened(name))}; there are: ${known.join(', ')}`;

/** Describes the document of a problem. */
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
        .describe(
          `The wrong fields of the request, the first ${ROOM.errors} of them at most; \`detail\` says how many more there are`,
        ),
      retryAfterSeconds: z.int().optional().describe('Of a submit that is refused: when to try again'),
      estimatedWaitSeconds: z.int().optional().describe('Of a full lane: how long the task would wait in it'),
    })
    .meta({ id: 'Problem' }),
);
export type ProblemDocument = z.infer<ReturnType<typeof problemSchema>>;

/** Makes the document of a problem, which lists as many of its wrong fields as there is room for. */
export function problemDocument({ code, message, errors, waits }: Problem, room = ROOM): ProblemDocument {
  const status = PROBLEM_STATUS[code];
  const listed = listErrors(errors, room);
  const more = errors.length - listed.length;
  return compact({
    type: 'about:blank' as const,
    title: TITLES[status] ?? code,
    status,
    code,
    detail: more === 0 ? message : `${message}: ${errors.length} fields are wrong, ${more} of which are not listed`,
    errors: listed.length === 0 ? undefined : listed,
    ...waits,
  });
}

/** The pointer to a wrong field and what is said of it are cut: a schema of a task type may say anything. */
const MAX_FIELD_CHARACTERS = 500;
const MAX_MESSAGE_CHARACTERS = 1_000;

/** Returns the first errors, shortened, as many as there is room for. */
function listErrors(errors: readonly FieldError[], room: Room): FieldError[] {
  const listed = errors.slice(0, room.errors).map(({ field, message }) => ({
    field: shortened(field, MAX_FIELD_CHARACTERS),
    message: shortened(message, MAX_MESSAGE_CHARACTERS),
  }));
  let characters = 0;
  const end = listed.findIndex((error) => {
    characters += charactersOf(error);
    return characters > room.characters;
  });
  return end < 0 ? listed : listed.slice(0, end);
}

/** Returns how many characters a wrong field takes of the room there is. */
export const charactersOf = ({ field, message }: FieldError): number => field.length + message.length;

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  /** The unknown fields, which zod reports together at what holds them. */
  readonly keys?: readonly PropertyKey[];
};

/** Stands for a wrong field that no document has room for: it counts. */
export const UNLISTED: FieldError = { field: '', message: '' };

/** Returns the issues of a schema as wrong fields below `pointer`. */
export const fieldErrors = (issues: readonly Issue[], pointer = ''): FieldError[] =>
  issues.flatMap(({ message, path = [], keys }, place) => {
    if (place >= ROOM.errors) return Array<FieldError>(keys?.length ?? 1).fill(UNLISTED);
    const field = path.reduce<string>(
      (above, part) => above + shortPointerPart(typeof part === 'object' ? part.key : part),
      pointer,
    );
    if (keys === undefined) return [{ field, message }];
    // One message names all of them: each gets one that names it alone.
    const around = message.split(quoted(keys));
    return keys.map((key, number) =>
      number < ROOM.errors ? { field: field + shortPointerPart(key), message: around.join(quoted([key])) } : UNLISTED,
    );
  });

const shortPointerPart = (part: PropertyKey): string => pointerPart(shortened(String(part)));

/**
 * Returns a problem as it was meant. Anything else is ours to mend, so it is logged whole, and the caller sees none of it but which
 * definition is broken, which is for the team to mend that deploys it.
 */
export function toProblem(error: unknown, { log }: { readonly log: Log }): Problem {
  const isBroken = isBrokenDefinition(error);
  const problem =
    error instanceof Problem
      ? error
      : new Problem('internal_error', isBroken ? error.summary : 'something failed on our side; try again');
  if (PROBLEM_STATUS[problem.code] >= 500) {
    const cause = error instanceof Problem || isBroken ? error.cause : error;
    log('error', 'request failed', {
      code: problem.code,
      reason: cause instanceof Error ? cause.stack : String(cause),
    });
  }
  return problem;
}

export const NOTHING_KEPT = 'the task could not be queued, and nothing was kept of it';

/** Waits for a port. What that throws becomes a failure of the platform: the caller shall try again, and the log says why. */
export async function orUnavailable<T>(
  answer: Promise<T>,
  detail = 'a part of the platform does not answer',
): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const problem = new Problem('unavailable', `${detail}: try again`, { headers: { 'retry-after': '1' } });
    throw Object.assign(problem, { cause });
  }
}

/** Makes what a port cannot do for now a failure of the platform, as `orUnavailable` does; any other error of a route is ours. */
export const available = <Port extends object>(port: Port): Port =>
  new Proxy(port, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      return typeof verb === 'function'
        ? (...given: unknown[]) => orUnavailable(verb.apply(target, given) as Promise<unknown>)
        : verb;
    },
  });
