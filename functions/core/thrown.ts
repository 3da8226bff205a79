import { compact } from './compact.ts';
import { JsonCopy, type JsonValue, nameOf } from './json.ts';

/** What was thrown, as data: it can leave its thread, and nothing of it throws or changes any more. */
export type ThrownError = {
  /** The name of an error's class: `TypeError`. */
  readonly class?: string;
  /** An error's own code: `ECONNREFUSED`. */
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: ThrownError;
  /** The parts of an error that stands for several. */
  readonly errors?: readonly ThrownError[];
};

const MAX_MESSAGE_CHARACTERS = 2_000;
const MAX_STACK_CHARACTERS = 4_000;
const MAX_CODE_CHARACTERS = 64;
/** No more causes and parts than this are told of one error, however they hang together. */
const MAX_TOLD = 20;
/** The most characters of one line of a log. */
const MAX_LOGGED_CHARACTERS = 100_000;

/** Describes whatever was thrown. Never throws, whatever its getters do. */
export const describeThrown = (thrown: unknown): ThrownError => described(thrown, new Set());

/** Every thread has these classes of errors. */
const NATIVE = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

/** Makes what was thrown anew from its description: of an error, one that reads the same; otherwise its text and code. */
export function thrownOf({ class: name, message, cause, errors, ...more }: ThrownError): unknown {
  const behind = { cause: cause && thrownOf(cause), errors: errors?.map(thrownOf) };
  const parts = { ...more, ...compact(behind) };
  if (name === undefined) return { message, ...parts };
  const Native = Object.hasOwn(NATIVE, name) ? NATIVE[name as keyof typeof NATIVE] : Error;
  return Object.assign(new Native(message), { name, stack: undefined, ...parts });
}

/** Returns what a task says of an error: what it is, its own code, and what lies behind it. */
export function messageOfThrown({ class: name, code, message, cause, errors = [] }: ThrownError): string {
  const text = name === undefined || name === 'Error' || message.startsWith(name) ? message : `${name}: ${message}`;
  return [
    code === undefined || text.includes(code) ? text : `${text} (${code})`,
    ...(errors.length === 0 ? [] : [`errors: ${errors.map(messageOfThrown).join(' / ')}`]),
    ...(cause === undefined ? [] : [`cause: ${messageOfThrown(cause)}`]),
  ].join('; ');
}

/** Returns the text of what a cast or plain JavaScript has given for a message: an error that was caught, or data. */
export function messageText(message: unknown): string {
  if (typeof message === 'string') return message;
  return message === undefined || message === null ? '' : messageOfThrown(describeThrown(message));
}

/** Returns all that is known of an error, as fields of a line of the log. */
export const fieldsOfThrown = ({ class: name, code, message, ...more }: ThrownError) => ({
  error_class: name,
  error_code: code,
  error_message: message,
  ...more,
});

/**
 * Returns a value for the log: as JSON carries it, with a text in place of what it cannot carry, and what is known of
 * errors.
 */
export const loggedValueOf = (value: unknown): JsonValue =>
  new JsonCopy(
    ({ value: refused, what }) => (isError(refused) ? (describeThrown(refused) as JsonValue) : `[${what}]`),
    MAX_LOGGED_CHARACTERS,
  ).of(value ?? null);

/** Reads each part by itself: one that cannot be read leaves all that is known of the others. */
function described(thrown: unknown, seen: Set<unknown>): ThrownError {
  seen.add(thrown);
  try {
    return partsRead(thrown, seen);
  } catch {
    // It may be a Proxy, which throws whatever it is asked.
    return { message: 'what was thrown cannot be read' };
  }
}

function partsRead(thrown: unknown, seen: Set<unknown>): ThrownError {
  if (thrown === null || (typeof thrown !== 'object' && typeof thrown !== 'function')) {
    return { message: cut(textOfPrimitive(thrown), MAX_MESSAGE_CHARACTERS) };
  }
  const isOfErrors = isError(thrown);
  const name = isOfErrors ? classNameOf(thrown) : undefined;
  const stack = read(thrown, 'stack');
  const cause = read(thrown, 'cause');
  const errors = errorsWithin(thrown)
    .filter((part) => isNew(part, seen))
    .map((part) => described(part, seen));
  return compact({
    class: name,
    code: codeOf(thrown),
    message: cut(messageOf(thrown, name), MAX_MESSAGE_CHARACTERS),
    stack: typeof stack === 'string' && isOfErrors ? cutStack(stack) : undefined,
    cause: cause === undefined || cause === null || !isNew(cause, seen) ? undefined : described(cause, seen),
    errors: errors.length === 0 ? undefined : errors,
  });
}

/** Says whether an error is not told yet: of causes in a circle each is told once. */
const isNew = (error: unknown, seen: ReadonlySet<unknown>): boolean => seen.size < MAX_TOLD && !seen.has(error);

const textOfPrimitive = (thrown: unknown): string => {
  if (thrown === undefined || thrown === null) return `${thrown} was thrown`;
  return String(thrown) || 'an empty text was thrown';
};

/** Returns the name that an error gives itself, or that of its class, unless a minifier has made that. */
function classNameOf(error: object): string {
  const name = read(error, 'name');
  if (typeof name === 'string' && name !== '' && name !== 'Error') return cut(name, MAX_CODE_CHARACTERS);
  const ofClass = read(read(error, 'constructor'), 'name');
  return typeof ofClass === 'string' && /^[A-Z]\w{3,63}$/.test(ofClass) ? ofClass : 'Error';
}

/** Returns an error's code, unless it is one of the numbers that a `DOMException` has beside its name. */
function codeOf(thrown: object): string | undefined {
  const code = read(thrown, 'code');
  if (isInstance(thrown, DOMException) || (typeof code !== 'string' && typeof code !== 'number')) return undefined;
  return cut(String(code), MAX_CODE_CHARACTERS) || undefined;
}

/** Returns the parts of an `AggregateError`, and the two of a `SuppressedError`. */
function errorsWithin(thrown: object): readonly unknown[] {
  const errors = listRead(read(thrown, 'errors'));
  if (isError(thrown) && errors !== undefined) return errors;
  const suppressed = read(thrown, 'suppressed');
  return suppressed === undefined ? [] : [read(thrown, 'error'), suppressed];
}

function listRead(value: unknown): readonly unknown[] | undefined {
  try {
    return Array.isArray(value)
      ? Array.from({ length: Math.min(value.length, MAX_TOLD) }, (_, at) => value[at])
      : undefined;
  } catch {
    return undefined;
  }
}

function messageOf(thrown: object, name: string | undefined): string {
  const message = read(thrown, 'message');
  if (typeof message === 'string' && message !== '') return message;
  if (message !== undefined && message !== null && message !== '') return textOfData(message);
  if (name !== undefined) return `${name} with no message`;
  if (typeof thrown === 'function') return 'a function was thrown';
  const data = textOfData(thrown);
  const hasData = data !== '{}' && !data.startsWith('"[');
  return (Array.isArray(thrown) ? undefined : ownTextOf(thrown)) ?? (hasData ? data : `${nameOf(thrown)} was thrown`);
}

function textOfData(value: unknown): string {
  try {
    return JSON.stringify(loggedValueOf(value));
  } catch {
    return 'something that cannot be read';
  }
}

/** Returns what its `toString` makes, where that is one of its own. */
function ownTextOf(thrown: object): string | undefined {
  try {
    const text = String(thrown);
    return text === '' || text.startsWith('[object ') ? undefined : text;
  } catch {
    return undefined;
  }
}

function read(of: unknown, key: string): unknown {
  try {
    return (of as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function isInstance<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

const isError = (value: unknown): value is Error => isInstance(value, Error);

/** Cuts a stack. A message that is all of it would leave none of its places, which stand behind. */
function cutStack(stack: string): string {
  if (stack.length <= MAX_STACK_CHARACTERS) return stack;
  const places = stack.search(/\n {4}at /);
  const head = places < 0 ? stack : cut(stack.slice(0, places), MAX_STACK_CHARACTERS / 4);
  return cut(places < 0 ? head : head + stack.slice(places), MAX_STACK_CHARACTERS);
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
