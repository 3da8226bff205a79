import { describe, expect, test } from 'vitest';
import { csvSummarize } from '../../../tasks/csv-summarize/definition.ts';
import { serve } from '../adapters/loopback-server.ts';
import { attempt } from './task-context.ts';

/** Summarizes a file that a server sends as the type given. */
async function summarizedBytes(file: Uint8Array | string, contentType?: string) {
  const { url } = await serve((_, response) =>
    response.writeHead(200, contentType === undefined ? {} : { 'content-type': contentType }).end(file),
  );
  return attempt(csvSummarize, { url });
}

const invalid = (message: string) => ({
  code: 'invalid_csv',
  retryable: false,
  message: expect.stringMatching(`^${message}`),
});

describe('what is no text', () => {
  const binary = (start: string) => Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from('ab\n'.repeat(20))]);

  test.each([
    ['PAR1\x15\x04\x15', 'a Parquet file'],
    ['\x1f\x8b\x08', 'a gzip file'],
    ['PK\x03\x04\x14', 'a zip file, as a workbook of Excel is'],
    ['BZh91AY', 'a bzip2 file'],
    ['\xfd7zXZ\0', 'an xz file'],
    ['7z\xbc\xaf\x27', 'a 7-Zip file'],
    ['Rar!\x1a\x07', 'a RAR file'],
    ['Obj\x01', 'an Avro file'],
    ['ORC\x08', 'an ORC file'],
    ['ARROW1\0\0', 'an Arrow file'],
    ['SQLite format 3\0', 'an SQLite database'],
    ['RIFF\x24\0\0\0WEBP', 'an image, a sound or a film'],
    ['II*\0', 'a TIFF image'],
    ['{\\rtf1\\ansi', 'a document in RTF'],
  ])('is told by its beginning, as bytes and as a text of them: %j', async (start, kind) => {
    const message = invalid(`line 1: it is ${kind}, and not a CSV`);
    await expect(summarizedBytes(binary(start))).rejects.toMatchObject(message);
    await expect(summarizedBytes(binary(start), 'text/csv; charset=latin1')).rejects.toMatchObject(message);
    const text = binary(start).toString('latin1');
    await expect(attempt(csvSummarize, { text })).rejects.toMatchObject(message);
  });

  test.each(['\x01', '\x07', '\x08', '\x1a', '\x1b', '\x1f', '\x7f', '\x81'])('is told by %j', async (control) => {
    const code = `U\\+00${control.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
    const message = invalid(
      `line 3: it has the control character ${code}, as binary files and terminals have, and no text`,
    );
    await expect(attempt(csvSummarize, { text: `a,b\n1,2\n3,${control}4\n` })).rejects.toMatchObject(message);
    await expect(summarizedBytes(`a,b\n1,2\n3,${control}4\n`)).rejects.toMatchObject(message);
  });

  test('tabs, form feeds, and all that ends a line are text', async () => {
    const text = 'a,b\n1,"x\ty\v\f\u0085z"\n';
    expect(await attempt(csvSummarize, { text })).toMatchObject({
      rows: 1,
      columns: { a: { count: 1 }, b: { count: 0 } },
    });
  });

  test.each(['PAR1,PAR2', 'BM,W', 'MM,II', 'Object,ORC', 'SQLite format,Rar'])(
    'a column may be called %s',
    async (names) => {
      expect(await attempt(csvSummarize, { text: `${names}\n1,2\n` })).toMatchObject({ rows: 1 });
    },
  );
});
