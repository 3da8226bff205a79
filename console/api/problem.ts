import * as z from 'zod/mini';

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.optional(z.array(z.object({ field: z.string(), message: z.string() }))),
});

/** `field` is a JSON pointer into the body that was sent, or the name of a parameter. */
export type FieldError = { readonly field: string; readonly message: string };

type FailureFacts = {
  /** The API's own code of a problem; otherwise `network`, or `unreadable` for an answer that is none of the API's. */
  readonly code: string;
  readonly status?: number;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
};

/** Tells that a call did not bring what it was to bring. Its message can be shown. */
export class ApiFailure extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly errors: readonly FieldError[];
  /** When the API takes the call again, where it says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, { code, status, errors = [], retryAfterSeconds }: FailureFacts) {
    super(message);
    this.code = code;
    this.status = status;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Reads what an answer that is not 2xx says: as a problem document, or else, from API Gateway itself, by its status alone. */
export function failureOf(status: number, retryAfter: string | null, body: unknown): ApiFailure {
  const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const { data } = problemSchema.safeParse(body);
  if (data !== undefined) return new ApiFailure(sentence(data.detail), { ...data, status, retryAfterSeconds: seconds });
  const code = GATEWAY_CODES[status] ?? 'unreadable';
  return new ApiFailure(GATEWAY_MESSAGES[code] ?? `The API answered with the status ${status}.`, {
    code,
    status,
    retryAfterSeconds: seconds,
  });
}

const GATEWAY_CODES: Readonly<Record<number, string>> = {
  401: 'unauthenticated',
  403: 'unauthenticated',
  413: 'payload_too_large',
  429: 'rate_limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

const GATEWAY_MESSAGES: Readonly<Record<string, string>> = {
  unauthenticated: 'The key is not accepted.',
  payload_too_large: 'That is more than the API takes at once.',
  rate_limited: 'The API gets more calls than it takes at the moment.',
  unavailable: 'The API does not answer at the moment.',
};

/** Makes a sentence of a detail of the API, which begins in lower case and has no full stop. */
const sentence = (detail: string): string => {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
};
