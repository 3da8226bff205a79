import { crc32 } from 'node:zlib';
import type { ImageFormat } from '../../tasks/image-resize/image-formats.ts';

export const uint32 = (value: number, littleEndian = false): Buffer => {
  const bytes = Buffer.alloc(4);
  if (littleEndian) bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
};

const uint24 = (value: number): Buffer => uint32(value, true).subarray(0, 3);

/** Makes a chunk of a PNG (RFC 2083, section 3.2). */
export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

/** Makes a segment of a JPEG (annex B.1.1.4); `marker` is its second byte. */
export const jpegSegment = (marker: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), uint32(data.length + 2).subarray(2), data]);

const riffChunk = (type: string, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from(type), uint32(data.length, true), data, Buffer.alloc(data.length % 2)]);

/** Makes a WebP (RFC 9649) of these chunks, with a header that says what is in it. */
export function webpOf(
  flags: number,
  width: number,
  height: number,
  chunks: readonly (readonly [type: string, data: Buffer])[],
): Buffer {
  const header = Buffer.concat([Buffer.from([flags, 0, 0, 0]), uint24(width - 1), uint24(height - 1)]);
  const body = [riffChunk('VP8X', header), ...chunks.map(([type, data]) => riffChunk(type, data))];
  return riffChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...body]));
}

/** Returns the chunks of a WebP that was made without such a header. */
export const webpImageOf = (webp: Buffer): readonly [type: string, data: Buffer] => [
  webp.toString('latin1', 12, 16),
  webp.subarray(20, 20 + webp.readUInt32LE(16)),
];

/** Makes a WebP that shows one image so many times, each frame as large as all. */
export function animatedWebp(still: Buffer, frames: number, width: number, height: number): Buffer {
  const placed = Buffer.concat([
    uint24(0),
    uint24(0),
    uint24(width - 1),
    uint24(height - 1),
    uint24(100),
    Buffer.alloc(1),
  ]);
  const frame = Buffer.concat([placed, riffChunk(...webpImageOf(still))]);
  const chunks = Array.from({ length: frames }, () => ['ANMF', frame] as const);
  return webpOf(0x02, width, height, [['ANIM', Buffer.alloc(6)], ...chunks]);
}

/** Returns the names of all that is in an image file, its pixels included. */
export const namesIn = (format: ImageFormat, file: Buffer): string[] => [...new Set(NAMES_IN[format](file))];

const NAMES_IN: Readonly<Record<ImageFormat, (file: Buffer) => Generator<string>>> = {
  *png(file) {
    for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) yield file.toString('latin1', at + 4, at + 8);
  },
  *jpeg(file) {
    for (let at = 2; at < file.length; at += 2 + file.readUInt16BE(at + 2)) {
      const marker = file.readUInt8(at + 1);
      yield marker >= 0xe0 ? `${marker.toString(16)} ${file.toString('latin1', at + 4, at + 8)}` : marker.toString(16);
      if (marker === 0xda) return;
    }
  },
  *webp(file) {
    for (let at = 12; at < file.length; at += 8 + 2 * Math.ceil(file.readUInt32LE(at + 4) / 2)) {
      yield file.toString('latin1', at, at + 4);
    }
  },
};
