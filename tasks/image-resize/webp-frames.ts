export type Frames = { readonly count: number; readonly width: number; readonly height: number };

/**
 * Counts the frames of an animated WebP by its chunks (RFC 9649, section 2.7): each is decoded as large as the canvas, however
 * few bytes it has. Returns `undefined` for an image that does not move.
 */
export function webpFrames(bytes: Uint8Array): Frames | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  let width = 0;
  let height = 0;
  for (let chunk = 12; chunk + 18 <= file.length; ) {
    const type = file.toString('latin1', chunk, chunk + 4);
    const length = file.readUInt32LE(chunk + 4);
    if (type === 'VP8X')
      [width, height] = [12, 15].map((place) => file.readUIntLE(chunk + place, 3) + 1) as [number, number];
    if (type === 'ANMF') count++;
    chunk += 8 + length + (length % 2);
  }
  return count === 0 ? undefined : { count, width, height };
}
