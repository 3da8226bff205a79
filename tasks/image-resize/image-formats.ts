export const IMAGE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

/** A file shows its format by its first 12 bytes: PNG, section 5.2; JPEG, annex B.1.1.3; RFC 9649, section 2.4. */
const SIGNATURES: Readonly<Record<ImageFormat, (start: string) => boolean>> = {
  png: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  jpeg: (start) => start.startsWith('\xff\xd8\xff'),
  webp: (start) => start.startsWith('RIFF') && start.endsWith('WEBP'),
};

/** Returns the format that a file begins as; `undefined` for any other. */
export function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return IMAGE_FORMATS.find((format) => SIGNATURES[format](start));
}
