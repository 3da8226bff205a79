import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvSummarize } from '../../../tasks/csv-summarize/definition.ts';
import { summarizeCsv } from '../../../tasks/csv-summarize/summarize-csv.ts';
import { png } from '../../doubles/png.ts';
import { serve } from '../adapters/loopback-server.ts';
import { attempt, taskContext } from './task-context.ts';

type Summary = { rows: number; columns: Record<string, { count: number; mean: number | null }> };

const fileOf = (name: string): Buffer => readFileSync(new URL(`../../cases/csv/${name}`, import.meta.url));

/** Summarizes a file that a server sends as the type given. */
async function summarized(file: Uint8Array | string, contentType?: string): Promise<Summary> {
  const { url } = await serve((_, response) =>
    response.writeHead(200, contentType === undefined ? {} : { 'content-type': contentType }).end(file),
  );
  return (await attempt(csvSummarize, { url })) as Summary;
}

/** Returns the rows, and for each column how many numbers it has and their mean. */
async function shortly(file: Uint8Array | string, contentType?: string): Promise<unknown> {
  const { rows, columns } = await summarized(file, contentType);
  return [rows, ...Object.entries(columns).map(([name, { count, mean }]) => [name, count, mean])];
}

const invalid = (message: string) => ({
  code: 'invalid_csv',
  retryable: false,
  message: expect.stringMatching(`^${message}`),
});

describe('the files of users', () => {
  test.each([
    ['crlf-header-then-lf-one-column.csv', [3, ['amount', 3, 2]]],
    ['crlf-then-lf-two-columns.csv', [2, ['a', 2, 2], ['b', 2, 3]]],
    ['semicolons.csv', [2, ['a', 2, 2], ['b', 2, 3]]],
    ['sep-line.csv', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['utf-16be-with-mark.csv', [2, ['Größe', 2, 2], ['b', 2, 3]]],
  ])('%s', async (name, summary) => {
    expect(await shortly(fileOf(name))).toEqual(summary);
    expect(await shortly(fileOf(name), 'text/csv')).toEqual(summary);
  });

  test.each([
    ['a-login-page.csv', 'line 1: it begins as HTML or XML does, and not as a CSV'],
    ['no-utf-8.csv', 'line 2: from byte 6 on it is not utf-8'],
    ['windows-1252.csv', 'line 1: from byte 3 on it is not utf-8'],
  ])('%s is refused', async (name, message) => {
    await expect(shortly(fileOf(name))).rejects.toMatchObject(invalid(message));
  });

  test.each(['windows-1252', 'ISO-8859-1', '"latin1"'])(
    'are read in the charset %s that they are sent with',
    async (charset) => {
      const summary = [2, ['Größe', 2, 2], ['b', 2, 3]];
      expect(await shortly(fileOf('windows-1252.csv'), `text/csv; header=present; charset=${charset}`)).toEqual(
        summary,
      );
    },
  );
});

describe('lines', () => {
  test('may end in any way, also in several', async () => {
    const end = fc.constantFrom('\r\n', '\n', '\r', '\n\n', '\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('a', 'a,b', 'a;b'),
        fc.array(end, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (header, ends, pieceLength) => {
          const row = header.replace('a', '1').replace('b', '3');
          const file = Buffer.from(`${ends.at(-1)}${header}${ends.map((text) => `${text}${row}`).join('')}`);
          async function* source() {
            for (let at = 0; at < file.length; at += pieceLength) yield file.subarray(at, at + pieceLength);
          }
          const { rows, columns } = await summarizeCsv(source(), taskContext());
          expect(rows).toBe(ends.length);
          expect(columns).toMatchObject({ a: { count: ends.length, mean: 1 } });
        },
      ),
    );
  });

  test('within quotes are part of a cell, and of one row', async () => {
    expect(await shortly('a,"b\r\nc"\n1,"x\ry\nz"\r2,3\r\n')).toEqual([2, ['a', 2, 1.5], ['b\r\nc', 1, 3]]);
  });
});

describe('what separates the cells', () => {
  test.each([
    ['a,b\n1,2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['a;b\n1;2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['a\tb\n1\t2\n\t4\n', [2, ['a', 1, 1], ['b', 2, 3]]],
    ['a|b\n1|2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['"a,b,c";d\n1;2\n', [1, ['a,b,c', 1, 1], ['d', 1, 2]]],
    ['\n\r\na;b\n1;2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['name;"x ""y"", z"\n1;2\n', [1, ['name', 1, 1], ['x "y", z', 1, 2]]],
    ['sep=|\r\na,b|c\r\n1|2\r\n', [1, ['a,b', 1, 1], ['c', 1, 2]]],
    ['"sep=;"\na;b\n1;2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['SEP=\t\na\tb\n1\t2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['\ufeffsep=;\na;b\n1;2\n', [1, ['a', 1, 1], ['b', 1, 2]]],
    ['separator;b\n1;2\n', [1, ['separator', 1, 1], ['b', 1, 2]]],
    ['a\n1\n', [1, ['a', 1, 1]]],
    ['a', [0, ['a', 0, null]]],
  ])('%j', async (file, summary) => expect(await shortly(file)).toEqual(summary));

  test.each([
    ['a;b\n1;2\n3\n', 'line 3: '],
    ['a;b\n1;2;3\n', 'line 2: '],
    ['a;b;a\n', 'line 1: two columns are named "a"'],
    ['a;;\n', 'line 1: two columns have no name'],
    ['sep=;\na;b\n1;2;3\n', 'line 3: '],
    ['sep=;\n', 'line 1: the row that names the columns is missing'],
    ['a,b\n1;2\n', 'line 2: '],
    ['a,b\n\n1,2\n3\n', 'line 4: '],
    ['a,b\n"x\ny",2\n3\n', 'line 4: '],
    ['\n\na,a\n', 'line 3: '],
  ])('%j is refused', async (file, message) => {
    await expect(shortly(file)).rejects.toMatchObject(invalid(message));
  });

  test('a column may have no name', async () => {
    expect(await shortly(',b\n1,2\n')).toEqual([1, ['', 1, 1], ['b', 1, 2]]);
  });
});

describe('charsets', () => {
  const text = 'Größe;€\n1;2\n';
  const utf16be = Buffer.from(`\ufeff${text}`, 'utf16le').swap16();
  const summary = [1, ['Größe', 1, 1], ['€', 1, 2]];
  test.each([
    ['UTF-8 without a mark', Buffer.from(text), undefined],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`), undefined],
    ['a mark that says otherwise', Buffer.from(`\ufeff${text}`), 'text/csv; charset=windows-1252'],
    ['UTF-16LE with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), undefined],
    ['UTF-16BE with a mark', utf16be, undefined],
    ['UTF-16LE by its type', Buffer.from(text, 'utf16le'), 'text/csv; charset=utf-16le'],
    ['UTF-16BE by its type', utf16be.subarray(2), 'text/csv; charset=UTF-16BE'],
    ['windows-1252', Buffer.from(text.replace('€', '\x80'), 'latin1'), 'text/csv;charset=windows-1252'],
    ['ISO-8859-15', Buffer.from(text.replace('€', '\xa4'), 'latin1'), 'text/csv; charset="iso-8859-15"'],
  ])('%s', async (_, file, contentType) => expect(await shortly(file, contentType)).toEqual(summary));

  test.each([
    ['an unknown one', Buffer.from(text), 'text/csv; charset=klingon', 'line 1: its charset klingon is not known'],
    ['UTF-16 without a mark', Buffer.from(text, 'utf16le'), 'text/csv', 'line 1: (it has U\\+0000|from byte)'],
    ['ASCII as UTF-16 without a mark', Buffer.from('a;b\n1;2\n', 'utf16le'), 'text/csv', 'line 1: it has U\\+0000'],
    [
      'half a character at the end',
      Buffer.from('a\nö').subarray(0, 3),
      undefined,
      'line 2: from byte 3 on it is not utf-8',
    ],
    ['Shift_JIS that is none', Buffer.from([0x61, 0x0a, 0x81, 0xff, 0x0a]), 'text/csv; charset=shift_jis', 'line 2: '],
  ])('%s is refused', async (_, file, contentType, message) => {
    await expect(shortly(file, contentType)).rejects.toMatchObject(invalid(message));
  });

  test.each([1, 2, 3, 5, 64, 65_536])('what is no text is found where it is, in pieces of %i bytes', async (length) => {
    const rows = 'ä,€😀\n'.repeat(9_000);
    const file = Buffer.concat([Buffer.from(`a,b\n${rows}`), Buffer.from([0x31, 0xfc, 0x2c]), Buffer.from(rows)]);
    async function* source() {
      for (let at = 0; at < file.length; at += length) yield file.subarray(at, at + length);
    }
    const place = 4 + Buffer.byteLength(rows) + 2;
    await expect(summarizeCsv(source(), taskContext())).rejects.toMatchObject(
      invalid(`line 9002: from byte ${place} on it is not utf-8`),
    );
  });
});

describe('what is no CSV is refused', () => {
  test.each([
    ['a PNG', png(4, 4)],
    ['a JPEG', Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF', 'latin1')],
    ['a GIF', Buffer.from('GIF89a\x01\0\x01\0', 'latin1')],
    ['a workbook', Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1')],
    ['an old workbook', Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1')],
    ['a gzip file', gzipSync('a,b\n1,2\n')],
    ['a zstd file', zstdCompressSync('a,b\n1,2\n')],
    ['a PDF', Buffer.from('%PDF-1.7\n')],
    ['an SQLite file', Buffer.from('SQLite format 3\0\x10\0', 'latin1')],
    ['a few bytes of no text', Buffer.from([0x1f, 0x8b])],
    ['a page', '<!doctype html>\n<p>Log in</p>'],
    ['a part of a page', '\n  <div class="a">x</div>\n'],
    ['XML', '<?xml version="1.0"?>\n<rows><row a="1"/></rows>\n'],
    ['a JSON object', '{"a": 1,\n"b": 2}\n'],
    ['an indented JSON object', '\ufeff\n{\n  "a": 1\n}\n'],
    ['a JSON list', '[{"a": 1}, {"a": 2}]'],
    ['a JSON list of numbers', '[1, 2]'],
    ['lines of JSON', '{"a":1}\n{"a":2}\n'],
    ['a text with U+0000 far behind', `a,b\n${'1,2\n'.repeat(50_000)}1,\0\n`],
  ])('by its bytes: %s', async (_, file) => {
    for (const contentType of [undefined, 'text/csv', 'application/octet-stream']) {
      await expect(shortly(file, contentType)).rejects.toMatchObject({ code: 'invalid_csv', retryable: false });
    }
  });

  test.each([
    'text/html',
    'text/html; charset=utf-8',
    'application/json',
    'application/problem+json',
    'application/x-ndjson',
    'application/xml',
    'application/xhtml+xml',
    'image/png',
    'application/pdf',
    'application/zip',
    'application/gzip',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ])('by the type %s', async (contentType) => {
    await expect(shortly('a,b\n1,2\n', contentType)).rejects.toMatchObject(
      invalid(`line 1: it is sent as ${contentType.split('+')[0]}`),
    );
  });

  test.each([
    'text/csv',
    'text/plain',
    'text/tab-separated-values',
    'application/octet-stream',
    'application/vnd.ms-excel',
    'application/csv',
  ])('but not by the type %s', async (contentType) =>
    expect(await shortly('a,b\n1,2\n', contentType)).toEqual([1, ['a', 1, 1], ['b', 1, 2]]),
  );

  test.each(['[id],[name]\n1,2\n', '<5 years,>5 years\n1,2\n', '{x},y\n1,2\n'])('but %j is one', async (file) => {
    expect(await summarized(file)).toMatchObject({ rows: 1 });
  });
});

describe('numbers', () => {
  test.each([
    ['x;y\n1,5;2\n2,5;"3,5"\n', [2, ['x', 2, 2], ['y', 2, 2.75]]],
    ['x\ty\n-0,5\t1e3\n', [1, ['x', 1, -0.5], ['y', 1, 1000]]],
    ['x;y\n1.5;2,5\n', [1, ['x', 1, 1.5], ['y', 1, 2.5]]],
    ['x;y\n1.234,5;1 000\n', [1, ['x', 0, null], ['y', 0, null]]],
    ['x,y\n"1,5","1,234.5"\n', [1, ['x', 0, null], ['y', 0, null]]],
    ['x\n1e-400\n', [1, ['x', 1, 0]]],
  ])('%j', async (file, summary) => expect(await shortly(file)).toEqual(summary));

  test.each([
    ['a,b\n1,2\n3,1e400\n', 'line 3: 1e400 in the column "b" is beyond 1.79'],
    ['a\n-1e309\n', 'line 2: -1e309 in the column "a" is beyond'],
    [`a\n${'9'.repeat(400)}\n`, 'line 2: 9+ in the column "a" is beyond'],
    ['a;b\n1,5;1\n1.5;2\n', 'line 3: the column "a" has numbers with decimal points and with decimal commas'],
  ])('%j is refused', async (file, message) => {
    await expect(shortly(file)).rejects.toMatchObject(invalid(message));
  });
});
