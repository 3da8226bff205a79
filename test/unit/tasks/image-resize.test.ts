import { ImageMagick } from '@imagemagick/magick-wasm';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../functions/core/json.ts';
import { imageResize } from '../../../tasks/image-resize/definition.ts';
import { formatOf, IMAGE_FORMATS } from '../../../tasks/image-resize/image-formats.ts';
import { png } from '../../doubles/png.ts';
import { serve } from '../adapters/loopback-server.ts';
import { attempt, issuesOf, taskContext } from './task-context.ts';

type Resized = { width: number; height: number; bytes: number; image: string };

const resize = async (image: Uint8Array, more: Record<string, JsonValue> = {}): Promise<Resized> =>
  (await attempt(imageResize, { image: Buffer.from(image).toString('base64'), width: 32, ...more })) as Resized;
const bytesOf = ({ image }: Resized): Buffer => Buffer.from(image, 'base64');

/** Returns the sides, the names of the profiles, and the colors near the left and the right end of an image. */
const lookAt = (bytes: Buffer) =>
  ImageMagick.read(bytes, (image) => ({
    sides: [image.width, image.height],
    profiles: image.profileNames,
    colors: image.getPixels((pixels) =>
      [0.1, 0.9].map((share) =>
        [...pixels.getPixel(Math.floor(image.width * share), Math.floor(image.height / 2)).slice(0, 3)].map((value) =>
          value > 200 ? 'f' : value < 55 ? '0' : value,
        ),
      ),
    ),
  }));

const RED = ['f', '0', '0'];
const BLUE = ['0', '0', 'f'];

describe('an image', () => {
  test.each(IMAGE_FORMATS)('becomes %s, and from that again any other', async (format) => {
    const first = await resize(png(96, 48), { format, width: 64 });
    expect(first).toMatchObject({ width: 64, height: 32, bytes: bytesOf(first).length });
    expect(formatOf(bytesOf(first))).toBe(format);
    expect(lookAt(bytesOf(first))).toMatchObject({ sides: [64, 32], colors: [RED, BLUE] });
    for (const next of IMAGE_FORMATS) {
      const second = await resize(bytesOf(first), { format: next });
      expect(formatOf(bytesOf(second))).toBe(next);
      expect(lookAt(bytesOf(second))).toMatchObject({ sides: [32, 16], colors: [RED, BLUE] });
    }
    expect(formatOf(bytesOf(await resize(bytesOf(first))))).toBe(format);
  });

  test('can be made larger, and a thin one keeps a pixel', async () => {
    expect(await resize(png(4, 2), { width: 400 })).toMatchObject({ width: 400, height: 200 });
    expect(await resize(png(2000, 1), { width: 10 })).toMatchObject({ width: 10, height: 1 });
  });

  test('is turned upright, and what it told of its camera is gone', async () => {
    const jpeg = bytesOf(await resize(png(64, 32), { format: 'jpeg', width: 64 }));
    const exif = exifOfOrientation(6);
    const turned = Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
    expect(lookAt(turned)).toMatchObject({ sides: [64, 32], profiles: ['exif'] });
    const resized = await resize(turned, { width: 16 });
    expect(resized).toMatchObject({ width: 16, height: 32 });
    expect(lookAt(bytesOf(resized))).toMatchObject({ sides: [16, 32], profiles: [] });
  });
});

/** Makes an APP1 segment (Exif 2.32, section 4.5.4) with that one tag. */
function exifOfOrientation(orientation: number): Buffer {
  const tiff = Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0', 'latin1');
  tiff[19] = orientation;
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
  return Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body]);
}

describe('what is refused', () => {
  test.each([
    [{ width: 1 }, ': give either image or url'],
    [{ width: 1, image: 'AAAA', url: 'https://example.com/' }, ': give either image or url'],
    [{ width: 1, image: 'not base64' }, 'image: '],
    [{ width: 1, image: '' }, 'image: '],
    [{ width: 1, image: 'A'.repeat(2_000_004) }, 'image: '],
    [{ width: 1, url: 'file:///etc/passwd' }, 'url: '],
    [{ width: 0, image: 'AAAA' }, 'width: '],
    [{ width: 8_193, image: 'AAAA' }, 'width: '],
    [{ width: 1.5, image: 'AAAA' }, 'width: '],
    [{ width: 1, image: 'AAAA', format: 'gif' }, 'format: '],
  ])('the input %#', async (input, message) => {
    const issues = await issuesOf(imageResize, input);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.startsWith(message), issues[0]).toBe(true);
  });

  const whole = png(64, 64);
  test.each([
    ['a text', Buffer.from('hello'), 'the image is neither PNG nor JPEG nor WebP'],
    ['an image of another kind', Buffer.from('GIF89a\x01\0\x01\0'), 'the image is neither PNG nor JPEG nor WebP'],
    ['a signature alone', whole.subarray(0, 8), 'the image is broken: '],
    ['an image cut short', whole.subarray(0, 60), 'the image is broken: '],
    ['an image with a wrong checksum', whole.with(20, 9), 'the image is broken: '],
    ['a JPEG of nothing', Buffer.from([0xff, 0xd8, 0xff, 0xd9]), 'the image is broken: '],
    ['a WebP of nothing', Buffer.from('RIFF\x04\0\0\0WEBP'), 'the image is broken: '],
  ])('%s, for good', async (_, image, message) => {
    const failure = { code: 'invalid_image', retryable: false, message: expect.stringMatching(`^${message}`) };
    await expect(resize(image)).rejects.toMatchObject(failure);
    expect(await resize(whole)).toMatchObject({ width: 32, height: 32 });
  });

  test.each([
    ['an image', png(60_000, 60_000, 1), 32, '60000 by 60000 pixels are more than the 50000000 that are taken'],
    ['a result', png(1, 10), 8_000, '8000 by 80000 pixels are more than the 50000000 that are taken'],
  ])('%s of too many pixels, before it takes memory', async (_, image, width, message) => {
    await expect(resize(image, { width })).rejects.toMatchObject({
      code: 'image_too_large',
      retryable: false,
      message,
    });
  });
});

describe('a URL', () => {
  test('is where the image is', async () => {
    const { url } = await serve((_, response) => response.end(png(64, 32)));
    expect(await attempt(imageResize, { url, width: 8 })).toMatchObject({ width: 8, height: 4 });
  });

  test.each([
    [503, true],
    [404, false],
  ])('that answers %i fails the attempt', async (status, retryable) => {
    const { url } = await serve((_, response) => response.writeHead(status).end());
    await expect(attempt(imageResize, { url, width: 8 })).rejects.toMatchObject({ code: `http_${status}`, retryable });
  });

  test('is not read to its end where that is too far', async () => {
    const { url } = await serve(async (request, response) => {
      const piece = Buffer.alloc(1_000_000);
      while (!request.socket.destroyed) await new Promise((resolve) => response.write(piece, resolve));
    });
    await expect(attempt(imageResize, { url, width: 8 }, taskContext())).rejects.toMatchObject({
      code: 'image_too_large',
      message: 'the image is larger than 50000000 bytes',
    });
  });
});
