import { expect, it } from 'vitest';
import { withoutValues } from '../../../functions/core/without-values.ts';

it.each([
  ['the printer is on fire', 'the printer is on fire'],
  ['the server answered 422: card 4111 is stolen', 'the server answered 422'],
  ['no column "secret" in it', 'no column "…" in it'],
  ["it can't find 'Ada' there", 'it can\'t find "…" there'],
  ['`x` and “y” and „z“ and «w»', '"…" and "…" and "…" and "…"'],
  ['"an \\" escaped" quote', '"…" quote'],
  ['an open "quote that was cut', 'an open "…"'],
  [
    'cannot reach https://user:pass@api.example.com/a?key=1, it says',
    'cannot reach https://api.example.com/…, it says',
  ],
  ['RangeError: out of range; cause: deep', 'RangeError'],
  ['boom (E_X)', 'boom'],
  ['line one\nline two: x', 'line one\nline two'],
  ['', ''],
])('%j is %j without values', (message, said) => expect(withoutValues(message)).toBe(said));

it('is short, and takes no time', () => {
  const started = performance.now();
  for (const part of ['"', "'", '`', '“', 'a://', '(', ': ', '\\']) {
    expect(withoutValues(part.repeat(2_000)).length).toBeLessThanOrEqual(200);
  }
  expect(withoutValues('x'.repeat(2_000))).toHaveLength(200);
  expect(performance.now() - started).toBeLessThan(1_000);
});
