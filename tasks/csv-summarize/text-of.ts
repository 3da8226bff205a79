import { TextDecoder } from 'node:util';
import { charsetOf } from '../../functions/core/decoded-text.ts';
import { InvalidCsv } from './invalid-csv.ts';

/** These media types are no CSV, whatever the bytes are. A server that knows no better sends `application/octet-stream`. */
const NO_CSV =
  /^(?:image|audio|video|font)\/|^text\/(?:html|xml|json|javascript|css)\b|^application\/(?:pdf|(?:x-)?(?:gzip|zip|7z|tar|ndjson)|vnd\.(?:openxml|oasis|apache\.(?:arrow|avro|orc|parquet)|sqlite3)|x-(?:bzip2?|parquet|sqlite3|xz)|zstd|(?:[\w.-]+\+)?(?:json|xml|zip)\b)/i;

/** Such files end up where a CSV was meant, and begin like this, as Latin-1. */
const SIGNATURES: readonly (readonly [start: string, kind: string])[] = [
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['RIFF', 'an image, a sound or a film'],
  ['II*\0', 'a TIFF image'],
  ['MM\0*', 'a TIFF image'],
  ['PK\x03\x04', 'a zip file, as a workbook of Excel is'],
  ['PK\x05\x06', 'an empty zip file'],
  ['\xd0\xcf\x11\xe0', 'an old workbook of Excel'],
  ['\x1f\x8b', 'a gzip file'],
  ['\x28\xb5\x2f\xfd', 'a zstd file'],
  ['BZh', 'a bzip2 file'],
  ['\xfd7zXZ', 'an xz file'],
  ['7z\xbc\xaf', 'a 7-Zip file'],
  ['Rar!\x1a', 'a RAR file'],
  ['%PDF-', 'a PDF'],
  ['PAR1\x15', 'a Parquet file'],
  ['ARROW1\0', 'an Arrow file'],
  ['ORC\x08', 'an ORC file'],
  ['Obj\x01', 'an Avro file'],
  ['SQLite format 3\0', 'an SQLite database'],
  ['\x89HDF', 'an HDF5 file'],
  ['\x7fELF', 'a program'],
  ['{\\rtf', 'a document in RTF'],
];
const SIGNATURE_BYTES = 16;

/** Text has none of these but as the sign of a file of another kind, or of another charset. U+000B to U+000D and U+0085 end lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]/;

/**
 * Decodes the text of a CSV as it arrives, by its byte order mark, or else the charset of its content type, or else as UTF-8.
 * Throws `InvalidCsv` for what is no text in that charset, and for a file of another kind.
 */
export async function* textOf(source: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<string> {
  if (NO_CSV.test(contentType)) throw new InvalidCsv(`it is sent as ${contentType}, and not as a CSV`);
  let start: Uint8Array = Buffer.alloc(0);
  let reader: Reader | undefined;
  for await (const piece of source) {
    if (reader !== undefined) {
      yield reader.read(piece);
      continue;
    }
    start = Buffer.concat([start, piece]);
    if (start.length < SIGNATURE_BYTES) continue;
    reader = readerOf(start, contentType);
    yield reader.read(start);
  }
  reader ??= readerOf(start, contentType);
  if (start.length < SIGNATURE_BYTES) yield reader.read(start);
  yield reader.end();
}

function readerOf(start: Uint8Array, contentType: string): Reader {
  const begin = Buffer.from(start.subarray(0, 2 * SIGNATURE_BYTES));
  // Bytes that somebody has made a text of, each a character, come as two bytes where they are over 0x7f.
  const readings = [begin.toString('latin1'), begin.toString('utf8')];
  const kind = SIGNATURES.find(([signature]) => readings.some((reading) => reading.startsWith(signature)))?.[1];
  if (kind !== undefined) throw new InvalidCsv(`it is ${kind}, and not a CSV`);
  return new Reader(charsetOf(start, contentType));
}

class Reader {
  readonly #charset: string;
  readonly #decoder: TextDecoder;
  #bytesRead = 0;
  /** The ends of lines so far, by the two characters that they may have. */
  readonly #ends = { '\n': 0, '\r': 0 };

  constructor(charset: string) {
    this.#charset = charset;
    this.#decoder = decoderOf(charset);
  }

  /** Returns what the piece adds to the text. */
  read(piece: Uint8Array): string {
    let text: string;
    try {
      text = this.#decoder.decode(piece, { stream: true });
    } catch {
      const [start, end] = validPart(piece, this.#charset);
      this.#count(decoderOf(this.#charset).decode(piece.subarray(start, end), { stream: true }));
      throw this.#invalid(this.#bytesRead + end + 1);
    }
    this.#bytesRead += piece.length;
    const control = CONTROL.exec(text);
    this.#count(control === null ? text : text.slice(0, control.index));
    if (control !== null) throw new InvalidCsv(`it has ${wordingOf(control[0])}, and no text`, this.#line);
    return text;
  }

  end(): string {
    try {
      return this.#decoder.decode();
    } catch {
      throw this.#invalid(this.#bytesRead);
    }
  }

  #invalid(byte: number): InvalidCsv {
    return new InvalidCsv(
      `from byte ${byte} on it is not ${this.#charset}, and nothing tells another charset`,
      this.#line,
    );
  }

  get #line(): number {
    return Math.max(this.#ends['\n'], this.#ends['\r']) + 1;
  }

  #count(text: string): void {
    for (const end of ['\n', '\r'] as const) {
      for (let at = text.indexOf(end); at !== -1; at = text.indexOf(end, at + 1)) this.#ends[end]++;
    }
  }
}

function wordingOf(control: string): string {
  if (control === '\0') return 'U+0000, as UTF-16 without a mark has';
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `the control character U+${code}, as binary files and terminals have`;
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new InvalidCsv(`its charset ${charset} is not known`);
  }
}

/**
 * Returns where the part of a piece that is text begins, behind what belongs to a character of the piece before, and where it
 * ends, found by halves. It is empty where that character is what is wrong.
 */
function validPart(piece: Uint8Array, charset: string): readonly [start: number, end: number] {
  const start =
    charset === 'utf-8'
      ? Math.max(
          0,
          piece.subarray(0, 4).findIndex((byte) => byte >> 6 !== 0b10),
        )
      : 0;
  let [valid, invalid] = [start, piece.length + 1];
  while (invalid - valid > 1) {
    const middle = Math.floor((valid + invalid) / 2);
    try {
      decoderOf(charset).decode(piece.subarray(start, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return [start, valid === piece.length ? start : valid];
}
