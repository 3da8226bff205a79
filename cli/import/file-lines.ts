import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A place in a file: so many bytes and lines are before it. */
export type Place = { readonly offset: number; readonly line: number };

/** A line, by its number from 1 on, and the place behind it. */
export type Line = { readonly number: number; readonly end: Place; readonly content: Content };
type Content = { readonly text: string } | { readonly fault: string };

/** The API takes no body as long. */
const MAX_LINE_BYTES = 4_000_000;
const NEWLINE = 10;
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads the lines of a file from a place on, up to so many bytes of it, and keeps no more than one of them. */
export async function* linesOf(file: string, from: Place, size: number): AsyncGenerator<Line> {
  if (from.offset >= size) return;
  let { offset, line } = from;
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer, withNewline: number): void => {
    offset += part.length + withNewline;
    length += part.length;
    if (length <= MAX_LINE_BYTES) parts.push(part);
  };
  const take = (): Line => {
    const content = contentOf(parts, length);
    parts = [];
    length = 0;
    line++;
    return { number: line, end: { offset, line }, content };
  };
  for await (const chunk of createReadStream(file, { start: from.offset, end: size - 1 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end), 1);
      yield take();
      start = end + 1;
    }
    add(chunk.subarray(start), 0);
  }
  if (length > 0) yield take();
}

function contentOf(parts: readonly Buffer[], length: number): Content {
  if (length > MAX_LINE_BYTES)
    return { fault: `the line has ${length} bytes; ${MAX_LINE_BYTES} are too many for any task` };
  try {
    return { text: decoder.decode(Buffer.concat(parts)) };
  } catch {
    return { fault: 'the line is not UTF-8' };
  }
}

/** Returns the SHA-256 of so many bytes of a file, in hex. */
export async function digestOf(file: string, size: number): Promise<string> {
  const digest = createHash('sha256');
  if (size > 0) await pipeline(createReadStream(file, { end: size - 1 }), digest);
  return digest.digest('hex');
}
