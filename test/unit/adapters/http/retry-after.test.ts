import { expect, test } from 'vitest';
import { retryAfterSeconds } from '../../../../functions/adapters/http/response-body.ts';

const NOW = Date.UTC(2026, 10, 28, 12, 0, 0);

test.each([
  ['0', 0],
  ['20', 20],
  ['20  ', 20],
  ['\t 20 ', 20],
  ['86400', 86_400],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['Sat, 28 Nov 2026 12:01:30 GMT', 90],
  ['Sat, 28 Nov 2026 12:01:30 GMT  ', 90],
  ['Saturday, 28-Nov-26 12:01:30 GMT', 90],
  ['Sat Nov 28 12:01:30 2026', 90],
  ['Fri Jan  1 12:00:00 2027', 34 * 86_400],
  ['Friday, 01-Jan-27 12:00:00 GMT', 34 * 86_400],
  ['Thursday, 28-Nov-75 12:00:00 GMT', (Date.UTC(2075, 10, 28, 12) - NOW) / 1000],
  ['Monday, 28-Nov-77 12:00:00 GMT', 0],
  ['Sat, 28 Nov 2026 11:59:00 GMT', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
])('%j asks for %d seconds', (value, seconds) => {
  expect(retryAfterSeconds(value, NOW)).toBe(seconds);
});

test.each([
  undefined,
  '',
  ' ',
  'soon',
  '-1',
  '1.5',
  '+5',
  '7 s',
  '20, 30',
  '1e3',
  '0x10',
  'July',
  '2026-11-28T12:01:30Z',
  'Sat, 28 Nov 2026',
  'Sat, 28 Nov 2026 12:01:30',
  'Sat, 28 Nov 2026 12:01:30 CET',
  'Sat, 28 Nix 2026 12:01:30 GMT',
  'Saturday, 28-Nix-26 12:01:30 GMT',
])('%j asks for nothing', (value) => {
  expect(retryAfterSeconds(value, NOW)).toBeUndefined();
});

test('a date is in GMT, whatever the zone of the process', () => {
  const before = process.env.TZ;
  try {
    process.env.TZ = 'America/New_York';
    expect(retryAfterSeconds('Sat Nov 28 12:01:30 2026', NOW)).toBe(90);
    expect(retryAfterSeconds('Saturday, 28-Nov-26 12:01:30 GMT', NOW)).toBe(90);
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
