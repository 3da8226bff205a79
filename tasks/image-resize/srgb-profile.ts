/** Writes numbers of an ICC profile: signed, 16 bits before the point and 16 behind it (ICC.1:2022, section 4.6). */
const fixed = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [place, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65_536), 4 * place);
  return bytes;
};

const integers = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [place, value] of values.entries()) bytes.writeUInt32BE(value, 4 * place);
  return bytes;
};

const xyz = (...values: readonly number[]): Buffer => Buffer.concat([Buffer.from('XYZ \0\0\0\0'), fixed(...values)]);

/** The curve is `((x + 0.055) / 1.055) ^ 2.4`, and `x / 12.92` below 0.04045 (IEC 61966-2-1), as a parametric one of type 3. */
const CURVE = Buffer.concat([
  Buffer.from('para\0\0\0\0\0\x03\0\0', 'latin1'),
  fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
]);

/** The tags hold the white of D50, and the primaries of sRGB adapted to it. */
const TAGS: readonly (readonly [name: string, data: Buffer])[] = [
  ['wtpt', xyz(0.9642, 1, 0.8249)],
  ['rXYZ', xyz(0.43607, 0.22249, 0.01392)],
  ['gXYZ', xyz(0.38515, 0.71687, 0.09708)],
  ['bXYZ', xyz(0.14307, 0.06061, 0.7141)],
  ...['rTRC', 'gTRC', 'bTRC'].map((name) => [name, CURVE] as const),
];

const HEADER_BYTES = 128;

/** Makes an ICC profile of sRGB, version 4, with what a conversion needs: colors of other profiles are converted to it. */
export function srgbProfile(): Buffer {
  const directory = [integers(TAGS.length)];
  let offset = HEADER_BYTES + 4 + 12 * TAGS.length;
  for (const [name, data] of TAGS) {
    directory.push(Buffer.from(name), integers(offset, data.length));
    offset += data.length;
  }
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(offset, 0);
  header.writeUInt32BE(0x04_30_00_00, 8);
  header.write('mntrRGB XYZ ', 12);
  header.write('acsp', 36);
  fixed(0.9642, 1, 0.8249).copy(header, 68);
  return Buffer.concat([header, ...directory, ...TAGS.map(([, data]) => data)]);
}
