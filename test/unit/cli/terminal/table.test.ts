import { describe, expect, test } from 'vitest';
import { printableJson } from '../../../../cli/printable.ts';
import { cut, tableLines } from '../../../../cli/terminal/table.ts';

describe('a table', () => {
  const rows = [
    ['ID', 'TYPE', 'COUNT', 'NOTE'],
    ['1', 'greet', '7', ''],
    ['22', 'csv.summarize', '1200', 'a note that is long'],
  ];

  test('is as wide as its cells, with numbers to the right', () => {
    expect(tableLines(rows, { numbers: [2] })).toEqual([
      'ID  TYPE           COUNT  NOTE',
      '1   greet              7',
      '22  csv.summarize   1200  a note that is long',
    ]);
  });

  test.each([40, 30, 24])('is no wider than %i columns: the widest cells are cut, the first never', (width) => {
    const lines = tableLines(rows, { width, numbers: [2] });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    expect(lines[2]).toMatch(/^22 {2}csv.*…$/);
  });

  test('counts the columns of wide letters and emoji', () => {
    expect(
      tableLines([
        ['a', '日本', 'x'],
        ['b', '👩‍🔧', 'y'],
        ['c', 'né', 'z'],
      ]),
    ).toEqual(['a  日本  x', 'b  👩‍🔧    y', 'c  né    z']);
    expect(cut('日本語です', 5)).toBe('日本…');
  });

  test('shows controls by their numbers, and colours only where they are wanted', () => {
    const coloured = [['1', { text: 'failed\x1b[2J', colour: 'red' as const }]];
    expect(tableLines(coloured)).toEqual(['1  failed\\x1b[2J']);
    expect(tableLines(coloured, { isColourful: true })).toEqual(['1  \x1b[31mfailed\\x1b[2J\x1b[39m']);
  });
});

test('JSON is the same to a program, and nothing to a terminal', () => {
  const value = { 'a\u009b\u202e': ['\u2028\u{e0001}\x1b', 'ü👩‍🔧\n'], b: -1.5e-7 };
  for (const indent of [0, 2]) {
    const text = printableJson(value, indent);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e\u2028\u{e0001}]/u);
  }
  expect(printableJson(value)).toContain('ü👩‍🔧\\n');
});
