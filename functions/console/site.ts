import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Each file lies ready in these codings, the smallest first, with what they add to its name. */
export const CODING_SUFFIXES = { br: '.br', gzip: '.gz' } as const;
export type Coding = keyof typeof CODING_SUFFIXES;

export type SiteFile = {
  readonly contentType: string;
  /** It is weak, for it is the same in every coding. */
  readonly etag: string;
  readonly body: Buffer;
  readonly compressed: Readonly<Record<Coding, Buffer>>;
};

/** Holds the page's files by name. */
export type Site = ReadonlyMap<string, SiteFile>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Reads the files that were built at synth, each with its compressed ones beside it. */
export function readSite(directory: string): Site {
  const names = readdirSync(directory).filter((name) => extname(name) in CONTENT_TYPES);
  return new Map(names.map((name) => [name, readFile(directory, name)]));
}

function readFile(directory: string, name: string): SiteFile {
  const read = (ending = ''): Buffer => readFileSync(join(directory, name + ending));
  const body = read();
  return {
    contentType: CONTENT_TYPES[extname(name)] ?? 'application/octet-stream',
    etag: `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    body,
    compressed: { br: read(CODING_SUFFIXES.br), gzip: read(CODING_SUFFIXES.gzip) },
  };
}
