import type { StandardSchemaV1 } from '@standard-schema/spec';
import * as z from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};
const FORMATS: Readonly<Record<string, string>> = {
  url: 'a URL, such as https://example.com/path',
  datetime: 'a date and a time with its zone, such as 2026-01-31T09:00:00Z',
  email: 'an e-mail address',
  uuid: 'a UUID',
};

/** Longest part of a name or a text of a caller that a message repeats. */
const MAX_SHOWN_CHARACTERS = 100;

/** Returns the beginning of a long text, and a short one whole. A cut never leaves half a surrogate pair. */
export const shortened = (text: string, characters = MAX_SHOWN_CHARACTERS): string =>
  text.length <= characters ? text : `${text.slice(0, characters).toWellFormed()}…`;

/** A message lists no more names than this of one object. */
const MAX_NAMES = 20;

/** Returns the names of fields as a message has them, in quotes. */
export const quoted = (keys: readonly PropertyKey[]): string =>
  keys
    .slice(0, MAX_NAMES)
    .map((key) => `"${shortened(String(key))}"`)
    .join(', ') + (keys.length > MAX_NAMES ? ` and ${keys.length - MAX_NAMES} more` : '');

/** Says what to do about a value that a schema refuses, to stand after the name of the field; `undefined` leaves it to zod. */
function messageOfIssue(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      // It is a number: zod asks first whether it is one.
      if (issue.expected === 'int') return 'must be a whole number';
      return `must be ${NOUNS[issue.expected] ?? `a ${issue.expected}`}, not ${nounFor(issue.input)}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'unrecognized_keys':
      return `has no ${quoted(issue.keys)}; there are: ${knownFields(issue).join(', ')}`;
    case 'too_small':
      if (issue.minimum === 1 && issue.origin !== 'number') return 'must not be empty';
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'invalid_format':
      if (issue.format === 'regex') return `must be text that matches ${issue.pattern}`;
      return `must be ${FORMATS[issue.format] ?? `a valid ${issue.format}`}`;
    default:
      return undefined;
  }
}

function bound(origin: string, comparison: string, limit: number | bigint): string {
  if (origin === 'string') return `must have ${comparison} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `must have ${comparison} ${limit} items`;
  return `must be ${comparison} ${limit}`;
}

function nounFor(input: unknown): string {
  if (input === null || typeof input === 'boolean') return String(input);
  const kind = Array.isArray(input) ? 'array' : typeof input;
  return NOUNS[kind] ?? `a ${kind}`;
}

/** Returns the fields that an object may have, by the schema that has refused another. */
function knownFields({ inst }: Issue): string[] {
  const { shape } = (inst as Partial<z.ZodObject> | undefined)?.def ?? {};
  return Object.keys(shape ?? {});
}

/**
 * Lets all schemas of this process speak in these messages. A function calls it where it starts: the schemas of task types are
 * read through Standard Schema, which takes no messages with a call.
 */
export function installMessages(): void {
  z.config({ customError: messageOfIssue });
}

/** Joins what a schema has refused, each behind what `named` makes of the path to it: `lines.0.amount: must be a number`. */
export const issueTexts = (
  issues: readonly StandardSchemaV1.Issue[],
  named: (path: string) => string = (path) => path,
): string =>
  issues
    .map(({ message, path = [] }) => {
      const name = named(path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'));
      return name === '' ? message : `${name}: ${message}`;
    })
    .join('; ');
