import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { csvSummarize } from '../../../tasks/csv-summarize/definition.ts';
import { serve } from '../adapters/loopback-server.ts';
import { attempt, issuesOf, taskContext } from './task-context.ts';

type Summary = { rows: number; columns: Record<string, unknown> };

const summarize = async (text: string): Promise<Summary> => (await attempt(csvSummarize, { text })) as Summary;
const NO_NUMBERS = { count: 0, min: null, max: null, mean: null };

describe('the input', () => {
  test.each([
    [{}, ': give either text or url'],
    [{ text: 'a', url: 'https://example.com/' }, ': give either text or url'],
    [{ url: 'example.com' }, 'url: '],
    [{ url: 'file:///etc/passwd' }, 'url: '],
    [{ text: 5 }, 'text: '],
    [{ text: 'x'.repeat(2_000_001) }, 'text: '],
    [{ text: 'a', delimiter: ';' }, ': has no "delimiter"; there are:'],
  ])('%# is refused, and its field named', async (input, message) => {
    const issues = await issuesOf(csvSummarize, input);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.startsWith(message), issues[0]).toBe(true);
  });
});

describe('a malformed CSV fails at once and names the line', () => {
  test.each([
    ['a row that is too short', 'a,b\n1,2\n3\n', 'line 3: '],
    ['a row that is too long', 'a,b\n1,2,3\n', 'line 2: '],
    ['a quote that is never closed', 'a,b\n1,"2\n3,4\n', 'line 3: '],
    ['a quote in the middle', 'a,b\n1,2"3\n', 'line 2: '],
    ['text behind a quote', 'a,b\n1,2\n"3"x,4\n', 'line 3: '],
    ['a row without end', `a,b\n1,"${'x'.repeat(1_500_000)}`, 'line 2: Max Record Size'],
    ['nothing', '', 'line 1: the row that names the columns is missing'],
    ['only empty lines', '\n\n', 'line 1: the row that names the columns is missing'],
    [
      'too many columns',
      Array.from({ length: 10_001 }, (_, i) => i).join(),
      'line 1: 10001 columns, and at most 10000',
    ],
    ['two columns of one name', 'a,b,a\n1,2,3\n', 'line 1: two columns are named "a"'],
  ])('%s', async (_, text, message) => {
    await expect(summarize(text)).rejects.toMatchObject({
      code: 'invalid_csv',
      retryable: false,
      message: expect.stringMatching(new RegExp(`^${message}`)),
    });
  });
});

describe('a URL', () => {
  test.each([
    [500, true],
    [503, true],
    [429, true],
    [404, false],
    [403, false],
  ])('that answers %i: retryable is %s', async (status, retryable) => {
    const { url } = await serve((_, response) => response.writeHead(status, { 'retry-after': '9' }).end('a,b\n1,2\n'));
    await expect(attempt(csvSummarize, { url })).rejects.toMatchObject({
      code: `http_${status}`,
      retryable,
      retryAfterSeconds: 9,
    });
  });

  test('that breaks off is tried again', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('a,b\n1,2\n');
      setTimeout(() => request.socket.resetAndDestroy(), 20);
    });
    await expect(attempt(csvSummarize, { url })).rejects.toMatchObject({ code: 'network_error', retryable: true });
  });

  test('is left as soon as what it sends is malformed', async () => {
    let closed = false;
    const { url } = await serve((request, response) => {
      response.write('a,b\n1,2,3\n');
      const timer = setInterval(() => response.write('1,2\n'), 10);
      request.socket.on('close', () => {
        closed = true;
        clearInterval(timer);
      });
    });
    await expect(attempt(csvSummarize, { url })).rejects.toMatchObject({ code: 'invalid_csv' });
    await expect.poll(() => closed).toBe(true);
  });

  test('is read decompressed', async () => {
    const csv = gzipSync(`id,text\n${'1,x\n'.repeat(50_000)}`);
    const { url } = await serve((_, response) => response.setHeader('content-encoding', 'gzip').end(csv));
    expect(await attempt(csvSummarize, { url })).toEqual({
      rows: 50_000,
      columns: { id: { count: 50_000, min: 1, max: 1, mean: 1 }, text: NO_NUMBERS },
    });
  });
});

test('40 MB are summarized in a heap of 24 MB', () => {
  const program = `
    import { summarizeCsv } from './tasks/csv-summarize/summarize-csv.ts';
    async function* source() {
      yield Buffer.from('id,text\\n');
      for (let piece = 0; piece < 400; piece++) yield Buffer.from(('1,' + 'x'.repeat(198) + '\\n').repeat(500));
    }
    const { rows } = await summarizeCsv(source(), { signal: new AbortController().signal });
    console.log(rows);`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=24', '--input-type=module', '--eval', program],
    { cwd: new URL('../../..', import.meta.url), encoding: 'utf8' },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '200000\n', stderr: '' });
}, 30_000);

describe('an abort ends it, with its own reason', () => {
  const reason = new Error('timeout');

  test('before it starts', async () => {
    const ctx = taskContext(AbortSignal.abort(reason));
    await expect(attempt(csvSummarize, { text: 'a\n1\n' }, ctx)).rejects.toBe(reason);
  });

  test('while a URL keeps it waiting', async () => {
    const { url } = await serve((_, response) => void response.write('a,b\n1,2\n'));
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(attempt(csvSummarize, { url }, taskContext(controller.signal))).rejects.toBe(reason);
  });

  test('while it works on a long text, which leaves timers their turn', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    const text = `a\n${'1\n'.repeat(990_000)}`;
    await expect(attempt(csvSummarize, { text }, taskContext(controller.signal))).rejects.toBe(reason);
  });
});

describe('a summary', () => {
  test('counts rows, and of each column the numbers', async () => {
    expect(await summarize('city,people,area\nUlm,126000,118.69\nBern,,51.6\nOslo,709000,454\n')).toEqual({
      rows: 3,
      columns: {
        city: NO_NUMBERS,
        people: { count: 2, min: 126_000, max: 709_000, mean: 417_500 },
        area: { count: 3, min: 51.6, max: 454, mean: expect.closeTo(208.0966667, 6) },
      },
    });
  });

  test('of a header alone has no rows', async () => {
    expect(await summarize('a,b')).toEqual({ rows: 0, columns: { a: NO_NUMBERS, b: NO_NUMBERS } });
  });

  test('of as many columns as may be has them all', async () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    const { columns } = await summarize(names.join());
    expect(Object.keys(columns)).toEqual(names);
  });

  test('reads byte order marks, CRLF, quotes, blanks and lines within a cell', async () => {
    expect(await summarize('\ufeffa, "b ""x""" \r\n 1 ,"2"\r\n"3","p\r\nq"\r\n')).toEqual({
      rows: 2,
      columns: { a: { count: 2, min: 1, max: 3, mean: 2 }, 'b "x"': { count: 1, min: 2, max: 2, mean: 2 } },
    });
  });

  test.each(['', '-', '.', 'e5', '0x10', 'Infinity', '-Infinity', 'NaN', '1 000', '1,5', '1_000', '٣'])(
    'takes %j for no number',
    async (cell) => expect((await summarize(`a,b\n"${cell}",x\n`)).columns.a).toEqual(NO_NUMBERS),
  );

  test.each([
    ['-1', -1],
    ['+1', 1],
    ['007', 7],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['1E-3', 0.001],
  ])('takes %j for a number', async (cell, value) => {
    expect((await summarize(`a\n${cell}\n`)).columns.a).toEqual({ count: 1, min: value, max: value, mean: value });
  });

  test('has a mean that loses no digits to a large sum, and does not overflow', async () => {
    const column = async (cells: readonly string[]): Promise<unknown> =>
      (await summarize(`a\n${cells.join('\n')}`)).columns.a;
    expect(await column(['1e308', '1e308', '-1e308', '-1e308'])).toMatchObject({ min: -1e308, max: 1e308, mean: 0 });
    expect(await column(Array.from({ length: 100_000 }, () => '0.1'))).toMatchObject({ mean: 0.1 });
    const offset = Array.from({ length: 10_000 }, (_, index) => `${1e15 + (index % 2)}`);
    expect(await column(offset)).toMatchObject({ mean: 1e15 + 0.5 });
  });

  test('takes __proto__ and constructor for names like any other', async () => {
    const summary = await summarize('__proto__,constructor,polluted\n1,2,3\n');
    expect(Object.keys(summary.columns)).toEqual(['__proto__', 'constructor', 'polluted']);
    expect(JSON.stringify(summary)).toContain('"__proto__":{"count":1,"min":1,"max":1,"mean":1}');
    expect(Object.getPrototypeOf(summary.columns)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).count).toBeUndefined();
  });

  test('of characters and rows that are cut by a piece of the text is whole', async () => {
    const text = `ä,b\n${'"ö€😀",1\n'.repeat(20_000)}`;
    expect(await summarize(text)).toMatchObject({ rows: 20_000, columns: { ä: NO_NUMBERS, b: { count: 20_000 } } });
  });
});
