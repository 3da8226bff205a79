import { deflateSync } from 'node:zlib';
import { pngChunk as chunk } from './image-chunks.ts';

const bytesOf = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Makes a PNG (RFC 2083) in RGB whose left half is red and whose right half is blue. With fewer `rows` than its height it lies. */
export function png(width: number, height: number, rows = height): Buffer {
  const pixels = Array.from({ length: width }, (_, x) => (x < width / 2 ? [255, 0, 0] : [0, 0, 255]));
  const row = Buffer.from([0, ...pixels.flat()]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.concat([bytesOf(width), bytesOf(height), Buffer.from([8, 2, 0, 0, 0])])),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: rows }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
