import type { ApiFailure } from './problem.ts';

/** A key as `millrace keys` makes it, and a token of an issuer (RFC 7519), as far as they can be told by their look. */
const KEY = /^mr_[\w-]{43}$/;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Says why nobody is let in with what was given for a key, and what would be right. */
export function refusalOf(given: string, { code, message }: Pick<ApiFailure, 'code' | 'message'>): string {
  if (code === 'missing_scope') return `${message} The console shows nothing without it: make a key that has it.`;
  if (code !== 'unauthenticated' || TOKEN.test(given)) return message;
  return KEY.test(given)
    ? 'The API key is not known here: it was revoked, or is of another deployment.'
    : `The API key is not known: one is mr_ and 43 more characters, and this has ${given.length} in all. Was it copied as a whole?`;
}
