import { expect, test } from 'vitest';
import { refusalOf } from '../../../../console/api/refusal.ts';
import { newAccessKey } from '../../../../functions/core/tenant/access-key.ts';

const key = newAccessKey(new Uint8Array(32).fill(255));
const unauthenticated = { code: 'unauthenticated', message: 'The token names no tenant.' };

test.each([
  ['a key that nobody has', key, /^The API key is not known here: it was revoked, or is of another deployment\.$/],
  [
    'a key that is cut',
    key.slice(0, 20),
    /^The API key is not known: one is mr_ and 43 more characters, and this has 20/,
  ],
  ['a word', 'secret', /and this has 6 in all\. Was it copied as a whole\?$/],
  ['a token of an issuer', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', /^The token names no tenant\.$/],
])('says what is wrong with %s', (_, given, told) => {
  expect(refusalOf(given, unauthenticated)).toMatch(told);
});

test('says what a key lacks, and of anything else what the API says', () => {
  const lacking = { code: 'missing_scope', message: 'The key has not the scope read.' };
  expect(refusalOf(key, lacking)).toBe(
    'The key has not the scope read. The console shows nothing without it: make a key that has it.',
  );
  expect(refusalOf('x', { code: 'network', message: 'The API cannot be reached.' })).toBe('The API cannot be reached.');
});
