import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Line, linesOf, type Place } from '../../../../cli/import/file-lines.ts';
import { newFolder } from '../../../doubles/command.ts';

async function linesIn(content: string | Uint8Array, from: Place = { offset: 0, line: 0 }): Promise<Line[]> {
  const file = join(newFolder(), 'lines.jsonl');
  writeFileSync(file, content);
  return allOf(linesOf(file, from, statSync(file).size));
}
async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const textsOf = (lines: readonly Line[]) =>
  lines.map(({ content }) => ('text' in content ? content.text : content.fault));

test.each([
  ['', []],
  ['\n', ['']],
  ['a', ['a']],
  ['a\nb\n', ['a', 'b']],
  ['\ufeff{"a": 1}\r\n\r\nb', ['{"a": 1}\r', '\r', 'b']],
])('%j has these lines', async (content, texts) => {
  expect(textsOf(await linesIn(content))).toEqual(texts);
});

test('a line may go over any number of chunks, and be split within a letter', async () => {
  for (const around of [65_535, 65_536, 65_537, 131_072, 200_000]) {
    const lines = [`${'x'.repeat(around)}ä`, 'ä', `${'ü'.repeat(70_000)}`];
    const found = await linesIn(lines.join('\n'));
    expect(textsOf(found)).toEqual(lines);
    expect(found.at(-1)?.end).toEqual({ offset: Buffer.byteLength(lines.join('\n')), line: 3 });
  }
});

test('from any place behind a line on, the rest comes with the same numbers', async () => {
  const content = ['{"a": "ä"}', '', 'x'.repeat(70_000), 'last'].join('\n');
  const all = await linesIn(content);
  for (const [place, { end }] of all.entries()) expect(await linesIn(content, end)).toEqual(all.slice(place + 1));
});

test('a line that no task is as long as is not kept, and what is not UTF-8 is told', async () => {
  const long = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(5_000_000, 'x'), Buffer.from('\nb\n\xff\nc', 'latin1')]);
  const found = await linesIn(long);
  expect(textsOf(found)).toEqual(['a', expect.stringMatching(/has 5000000 bytes/), 'b', 'the line is not UTF-8', 'c']);
  expect(found.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
});

test('what is added to a file meanwhile is no part of it', async () => {
  const file = join(newFolder(), 'lines.jsonl');
  writeFileSync(file, 'a\nb\nc\n');
  expect(textsOf(await allOf(linesOf(file, { offset: 0, line: 0 }, 4)))).toEqual(['a', 'b']);
});
