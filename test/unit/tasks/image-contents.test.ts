import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { ImageMagick, MagickColors, MagickImage } from '@imagemagick/magick-wasm';
import { describe, expect, test } from 'vitest';
import type { JsonValue } from '../../../functions/core/json.ts';
import { imageResize } from '../../../tasks/image-resize/definition.ts';
import { IMAGE_FORMATS, type ImageFormat } from '../../../tasks/image-resize/image-formats.ts';
import { srgbProfile } from '../../../tasks/image-resize/srgb-profile.ts';
import {
  animatedWebp,
  jpegSegment,
  namesIn,
  pngChunk,
  uint32,
  webpImageOf,
  webpOf,
} from '../../doubles/image-chunks.ts';
import { png } from '../../doubles/png.ts';
import { attempt, taskContext } from './task-context.ts';

const fileOf = (name: string): Buffer => readFileSync(new URL(`../../cases/image/${name}`, import.meta.url));

async function resized(image: Buffer, more: Record<string, JsonValue> = {}, ctx = taskContext()): Promise<Buffer> {
  const input = { image: image.toString('base64'), width: 8, ...more };
  return Buffer.from(((await attempt(imageResize, input, ctx)) as { image: string }).image, 'base64');
}

/** Returns the color of a pixel near a corner, each channel as one of `0`, `7` and `f`; alpha where there is any. */
const colorOf = (file: Buffer): string =>
  ImageMagick.read(file, (image) => {
    const channels = image.getPixels((pixels) => pixels.getPixel(1, 1));
    const gray = image.channels.length <= 2;
    const all = gray ? [channels[0], channels[0], channels[0], ...channels.slice(1)] : [...channels];
    const shown = all.slice(0, image.hasAlpha ? 4 : 3).map((value = 0) => (value > 220 ? 'f' : value < 35 ? '0' : '7'));
    return shown.join('');
  });

describe('transparency', () => {
  test.each([
    ['transparent-8x8.png', 'jpeg', 'fff'],
    ['half-transparent-red-8x8.png', 'jpeg', 'f77'],
    ['half-transparent-red-8x8.png', 'png', 'f007'],
    ['half-transparent-red-8x8.png', 'webp', 'f007'],
  ])('%s as %s is %s: on white, where a format has none', async (name, format, color) => {
    expect(colorOf(await resized(fileOf(name), { format }))).toBe(color);
    const webp = await resized(fileOf(name), { format: 'webp' });
    expect(colorOf(await resized(webp, { format }))).toBe(color);
  });
});

describe('colors', () => {
  /** This is sRGB with red and green exchanged. */
  const exchanged = Buffer.from(
    srgbProfile().toString('latin1').replace('rXYZ', 'tmpZ').replace('gXYZ', 'rXYZ').replace('tmpZ', 'gXYZ'),
    'latin1',
  );
  const red = png(8, 8);
  const withProfile = async (format: ImageFormat, profile: Buffer): Promise<Buffer> => {
    const plain = await resized(red, { format });
    const icc = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
    if (format === 'jpeg') return Buffer.concat([plain.subarray(0, 2), jpegSegment(0xe2, icc), plain.subarray(2)]);
    if (format === 'webp') return webpOf(0x20, 8, 8, [['ICCP', profile], webpImageOf(plain)]);
    const iccp = pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), deflateSync(profile)]));
    return Buffer.concat([red.subarray(0, 33), iccp, red.subarray(33)]);
  };

  test.each(IMAGE_FORMATS)('of a profile in a %s are converted, and the profile is dropped', async (format) => {
    const image = await withProfile(format, exchanged);
    for (const to of IMAGE_FORMATS) {
      const output = await resized(image, { format: to });
      expect(colorOf(output)).toBe('0f0');
      expect(namesIn(to, output).filter((name) => !PLAIN[to].includes(name))).toEqual([]);
    }
    expect(colorOf(await resized(await withProfile(format, srgbProfile())))).toBe('f00');
  });

  test('of a profile that is broken are as they are, and that is logged', async () => {
    const logged: unknown[] = [];
    const ctx = { ...taskContext(), log: (...line: unknown[]) => void logged.push(line) };
    expect(colorOf(await resized(await withProfile('jpeg', Buffer.from('no profile')), {}, ctx))).toBe('f00');
    expect(logged).toEqual([['color profile not applied', { reason: expect.any(String) }]]);
  });

  test('of a profile for another kind of image are as they are, and that is logged', async () => {
    const logged: unknown[] = [];
    const ctx = { ...taskContext(), log: (...line: unknown[]) => void logged.push(line) };
    const ofPrinters = Buffer.from(srgbProfile().toString('latin1').replace('mntrRGB ', 'prtrCMYK'), 'latin1');
    expect(colorOf(await resized(await withProfile('jpeg', ofPrinters), {}, ctx))).toBe('f00');
    expect(logged).toEqual([['color profile not applied', { reason: expect.any(String) }]]);
  });

  test.each(IMAGE_FORMATS)('for printers become those of screens, as %s', async (format) => {
    const output = await resized(fileOf('cmyk-red-stays-cmyk-as-jpeg.jpg'), { format });
    expect(colorOf(output)).toBe('f00');
    // It has three components, not four (annex B.2.2).
    if (format === 'jpeg') expect(output[output.indexOf(Buffer.from([0xff, 0xc0])) + 9]).toBe(3);
  });
});

/** An image cannot do without these chunks. */
const PLAIN: Readonly<Record<ImageFormat, readonly string[]>> = {
  png: ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'],
  jpeg: ['e0 JFIF', 'db', 'c0', 'c2', 'c4', 'dd', 'da'],
  webp: ['VP8 ', 'VP8L', 'VP8X', 'ALPH'],
};

describe('what is not in an image that was resized', () => {
  const secret = (before: string): Buffer => Buffer.from(`${before}SECRET`, 'latin1');
  const exif = Buffer.concat([
    Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x07\0\0\0\x1a\0\0\0\0', 'latin1'),
    Buffer.from('SECRET\0\0'),
  ]);
  const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET</x:xmpmeta>';
  const iptc = secret('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x50\0\x06');
  const full: Readonly<Record<ImageFormat, (plain: Buffer) => Buffer>> = {
    jpeg: (plain) =>
      Buffer.concat([
        plain.subarray(0, 2),
        jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif])),
        jpegSegment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${xmp}`)),
        jpegSegment(0xed, iptc),
        jpegSegment(0xec, secret('Ducky\0')),
        jpegSegment(0xef, secret('')),
        jpegSegment(0xfe, secret('a comment: ')),
        plain.subarray(2),
      ]),
    png: (plain) =>
      Buffer.concat([
        plain.subarray(0, 33),
        ...['Author', 'Comment', 'Software', 'exif:GPSLatitude', 'date:create'].map((key) =>
          pngChunk('tEXt', secret(`${key}\0`)),
        ),
        pngChunk('zTXt', Buffer.concat([Buffer.from('Title\0\0'), deflateSync('SECRET')])),
        pngChunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${xmp}`)),
        pngChunk('tEXt', secret('Raw profile type iptc\0\niptc\n      6\n')),
        pngChunk('eXIf', exif),
        pngChunk('tIME', Buffer.from([7, 0xe8, 1, 2, 3, 4, 5])),
        pngChunk('pHYs', Buffer.from([0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1])),
        plain.subarray(33),
      ]),
    webp: (plain) => webpOf(0x0c, 8, 8, [webpImageOf(plain), ['EXIF', exif], ['XMP ', Buffer.from(xmp)]]),
  };

  test.each(IMAGE_FORMATS)('is whatever a %s tells beside its pixels', async (from) => {
    const image = full[from](await resized(png(8, 8), { format: from }));
    expect(namesIn(from, image).some((name) => !PLAIN[from].includes(name))).toBe(true);
    for (const to of IMAGE_FORMATS) {
      const output = await resized(image, { format: to });
      expect(namesIn(to, output).filter((name) => !PLAIN[to].includes(name))).toEqual([]);
      expect(output.includes('SECRET')).toBe(false);
    }
  });

  test.each([
    'exif-gps-and-comment.jpg',
    'exif-gps.png',
    'exif-gps.webp',
    'png-author-and-comment.png',
    'png-text-chunks.png',
  ])('is what %s tells', async (name) => {
    for (const to of IMAGE_FORMATS) {
      const output = await resized(fileOf(name), { format: to });
      expect(namesIn(to, output).filter((chunk) => !PLAIN[to].includes(chunk))).toEqual([]);
    }
  });

  test('is the time at which that was done: the same input gives the same bytes', async () => {
    const first = await Promise.all(IMAGE_FORMATS.map((format) => resized(fileOf('exif-gps.png'), { format })));
    await sleep(1_100);
    const second = await Promise.all(IMAGE_FORMATS.map((format) => resized(fileOf('exif-gps.png'), { format })));
    expect(second).toEqual(first);
  });
});

describe('a file that was cut', () => {
  const failure = { code: 'invalid_image', retryable: false, message: expect.stringMatching('^the image is broken: ') };

  test.each(['cut-at-half-baseline.jpg', 'cut-at-half-progressive.jpg'])('%s is no image', async (name) => {
    await expect(resized(fileOf(name))).rejects.toMatchObject(failure);
  });

  test.each(IMAGE_FORMATS)('is no image, wherever a %s was cut', async (format) => {
    const whole = await resized(fileOf('png-author-and-comment.png'), { format, width: 64 });
    for (const share of [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]) {
      await expect(resized(whole.subarray(0, Math.floor(whole.length * share)))).rejects.toMatchObject(failure);
    }
    for (const missing of [1, 2, 3, 8, 12]) {
      await expect(resized(whole.subarray(0, -missing))).rejects.toMatchObject(failure);
    }
    expect(await resized(whole)).toHaveLength((await resized(whole)).length);
  });

  test('and closed again is no image either', async () => {
    for (const name of ['cut-at-half-baseline.jpg']) {
      await expect(resized(Buffer.concat([fileOf(name), Buffer.from([0xff, 0xd9])]))).rejects.toMatchObject(failure);
    }
  });
});

describe('an animated WebP', () => {
  const still = (): Promise<Buffer> => resized(png(64, 32), { format: 'webp', width: 64 });

  test('is its first picture', async () => {
    expect(colorOf(await resized(animatedWebp(await still(), 5, 64, 32), { format: 'png' }))).toBe('f00');
  });

  test('is refused by what all of its pictures would take', async () => {
    const large = await resized(png(2_000, 2_000), { format: 'webp', width: 2_000 });
    await expect(resized(animatedWebp(large, 13, 2_000, 2_000))).rejects.toMatchObject({
      code: 'image_too_large',
      retryable: false,
      message: '13 frames of 2000 by 2000 pixels are more than the 50000000 that are taken',
    });
  });

  test('of 200 pictures of 2,000 by 2,000 pixels is refused below 300 MB', { timeout: 60_000 }, async () => {
    const large = await resized(png(2_000, 2_000), { format: 'webp', width: 2_000 });
    const file = animatedWebp(large, 200, 2_000, 2_000);
    expect(file.length).toBeLessThan(1_600_000);
    const program = `
      import { existsSync, readFileSync } from 'node:fs';
      import { buffer } from 'node:stream/consumers';
      import { resizeImage } from './tasks/image-resize/resize-image.ts';
      const ctx = { fail: (code) => { throw new Error(code); }, log: () => {} };
      const { message } = await resizeImage(await buffer(process.stdin), 64, 'webp', ctx).catch((error) => error);
      // The highest memory that a process reports may be that of the process that started it.
      const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
      const kilobytes = /VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
      console.log(JSON.stringify({ message, megabytes: kilobytes / 1024 }));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: new URL('../../..', import.meta.url),
      input: file,
      encoding: 'utf8',
    });
    const { message, megabytes } = JSON.parse(stdout);
    expect(message).toBe('image_too_large');
    expect(megabytes).toBeLessThan(300);
  });
});

test('an animated PNG is its first picture, whatever it says of others', async () => {
  const frame = (sequence: number) =>
    pngChunk('fcTL', Buffer.concat([uint32(sequence), uint32(8), uint32(8), Buffer.alloc(14)]));
  const still = png(8, 8);
  const data = still.subarray(still.indexOf('IDAT') + 4, -16);
  const others = Array.from({ length: 500 }, (_, place) => [
    frame(2 * place + 1),
    pngChunk('fdAT', Buffer.concat([uint32(2 * place + 2), data])),
  ]);
  const animated = Buffer.concat([
    still.subarray(0, 33),
    pngChunk('acTL', Buffer.concat([uint32(501), uint32(0)])),
    frame(0),
    still.subarray(33, -12),
    ...others.flat(),
    still.subarray(-12),
  ]);
  for (const to of IMAGE_FORMATS) {
    const output = await resized(animated, { format: to });
    expect(colorOf(output)).toBe('f00');
    expect(namesIn(to, output).filter((name) => !PLAIN[to].includes(name))).toEqual([]);
  }
});

test('an image that would take more than a gigabyte is refused by the memory itself, and the next one is not', async () => {
  await resized(png(8, 8));
  expect(() => MagickImage.create(MagickColors.Red, 20_000, 20_000)).toThrow(/memory|resources/i);
  expect(colorOf(await resized(png(8, 8)))).toBe('f00');
});
