/** A page may name its charset within so many bytes (HTML, "prescan a byte stream"). */
const PRESCAN_BYTES = 1024;

/** Media types whose bytes are never meant as text; `image/svg+xml` is. */
const BINARY = /^(?:image|audio|video|font)\/(?!.*\+xml)/i;

const MARKS = [
  { charset: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { charset: 'utf-16le', bytes: [0xff, 0xfe] },
  { charset: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * Decodes the text that bytes of a content type are, without a byte order mark: by the charset that the mark names, or else the
 * content type, or else the text itself where it is HTML or XML, or else UTF-8. Returns `undefined` where they are no text in
 * it, or where it is not known: no character is ever replaced. Where the bytes were cut (`isCut`), half a character at the end
 * is left out.
 */
export function decodedText(bytes: Uint8Array, contentType = '', isCut = false): string | undefined {
  if (BINARY.test(contentType)) return undefined;
  try {
    return new TextDecoder(charsetOf(bytes, contentType), { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

/** Returns the charset of a text that begins with these bytes; whether there is one of that name is not looked at. */
export const charsetOf = (bytes: Uint8Array, contentType: string): string =>
  ofMark(bytes) ?? ofContentType(contentType) ?? ofMarkup(bytes, contentType) ?? 'utf-8';

const ofMark = (bytes: Uint8Array): string | undefined =>
  MARKS.find((mark) => mark.bytes.every((byte, index) => bytes[index] === byte))?.charset;

const ofContentType = (contentType: string): string | undefined =>
  /;\s*charset\s*=\s*["']?([^"';,\s]+)/i.exec(contentType)?.[1];

function ofMarkup(bytes: Uint8Array, contentType: string): string | undefined {
  if (!/html|xml/i.test(contentType)) return undefined;
  const start = String.fromCharCode(...bytes.subarray(0, PRESCAN_BYTES));
  const named =
    /^<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)/.exec(start) ??
    /<meta[^>]*\scharset\s*=\s*["']?([\w.:-]+)|<meta[^>]*\scontent\s*=[^>]*charset\s*=\s*([\w.:-]+)/i.exec(start);
  const charset = named?.[1] ?? named?.[2];
  // A charset that could be read byte by byte is not UTF-16.
  return charset !== undefined && /^utf-?16/i.test(charset) ? 'utf-8' : charset;
}
