import { describe, expect, test } from 'vitest';
import {
  counted,
  countText,
  dollars,
  duration,
  fieldTime,
  fromNow,
  minuteIn,
  momentOfLine,
  plotDollars,
  shortCount,
  shortDollars,
  timeOf,
  timeOfField,
} from '../../../../console/model/format.ts';

describe('a duration', () => {
  test.each([
    [-5, '0 ms'],
    [0, '0 s'],
    [340.4, '340 ms'],
    [1000, '1 s'],
    [1234, '1.2 s'],
    [9_999, '10 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h'],
    [31_536_000_000, '365 d'],
  ])('of %s ms reads %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });
});

test('a minute is written by the clock of a zone, and not at all where nobody knows the zone', () => {
  const time = Date.UTC(2026, 10, 30, 5, 30);
  expect(minuteIn('Europe/Berlin', time)).toMatch(/30.*2026.*6:30/);
  expect(minuteIn('Asia/Tokyo', time)).toMatch(/30.*2026.*(14|2):30/);
  expect(minuteIn('Europe/Atlantis', time)).toBeUndefined();
});

test.each([
  [1_500, 'just now'],
  [-1_500, 'just now'],
  [12_900, '12 s ago'],
  [-300_000, 'in 5 min'],
  [7_199_000, '1 h ago'],
  [-172_800_000, 'in 2 d'],
])('a time %s ms before now is %s', (before, text) => {
  expect(fromNow(1_000_000_000_000 - before, 1_000_000_000_000)).toBe(text);
});

test.each([
  [0, '$0'],
  [0.0000004321, '$0.00000043'],
  [0.00123, '$0.0012'],
  [0.01, '$0.01'],
  [12.345, '$12.35'],
])('%s dollars read %s', (usd, text) => {
  expect(dollars(usd)).toBe(text);
});

test.each([
  [0, '$0'],
  [0.000076, '<$0.01'],
  [0.00999, '<$0.01'],
  [0.01, '$0.01'],
  [9_876.5, '$9876.50'],
  [12_345.6, '$12.3K'],
  [4_200_000, '$4.2M'],
])('%s dollars read %s where there is little room', (usd, text) => {
  expect(shortDollars(usd)).toBe(text);
});

test.each([
  [0, '$0'],
  [0.0000004, '$0.0000004'],
  [0.000015, '$0.000015'],
  [0.0123456, '$0.0123'],
  [0.1, '$0.1'],
  [0.9999, '$1'],
  [1, '$1.00'],
  [12_345.6, '$12.3K'],
])('%s dollars read %s on an axis', (usd, text) => {
  expect(plotDollars(usd)).toBe(text);
});

test('a time of a line is by the clock of the reader, and has its day where that is another', () => {
  const noon = new Date(2026, 0, 31, 12, 5, 6, 78).getTime();
  expect(momentOfLine(noon, noon + 60_000)).toBe('12:05:06.078');
  expect(momentOfLine(noon, noon + 86_400_000)).toMatch(/^Jan 31, 12:05:06\.078$/);
});

test('counts have their noun, and are short where there is little room', () => {
  expect([counted(1, 'task'), counted(2, 'task'), counted(0, 'reply', 'replies')]).toEqual([
    '1 task',
    '2 tasks',
    '0 replies',
  ]);
  expect([countText(1234.56), shortCount(999), shortCount(12_345), shortCount(3_400_000)]).toEqual([
    '1,234.6',
    '999',
    '12.3K',
    '3.4M',
  ]);
});

test('a time that is not given is none', () => {
  expect([timeOf(undefined), timeOf('1970-01-01T00:00:01.000Z')]).toEqual([undefined, 1000]);
});

describe('a time in a field', () => {
  test('is by the clock of the reader, and comes back as it was, to the minute', () => {
    for (const text of ['2026-01-31T06:30:00.000Z', '2026-07-01T23:59:00.000Z']) {
      expect(fieldTime(text)).toMatch(/^2026-\d\d-\d\dT\d\d:\d\d$/);
      expect(timeOfField(fieldTime(text))).toBe(text);
    }
    const noon = new Date(2026, 0, 31, 12, 5).toISOString();
    expect(fieldTime(noon)).toBe('2026-01-31T12:05');
  });

  test('is empty where there is none', () => {
    expect([fieldTime(undefined), fieldTime('soon'), timeOfField('')]).toEqual(['', '', '']);
  });
});
