import { readFile } from 'node:fs/promises';
import {
  type IMagickImage,
  ImageMagick,
  initializeImageMagick,
  MagickError,
  MagickFormat,
  MagickGeometry,
  MagickImageInfo,
  MagickReadSettings,
} from '@imagemagick/magick-wasm';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { formatOf, type ImageFormat } from './image-formats.ts';

/** Of an image in memory each takes 4 bytes, and a file of a few KB can have any number of them. */
const MAX_PIXELS = 50_000_000;

/** Of what loses detail; ImageMagick's own default of 92 makes files twice as large for what hardly anybody sees. */
const QUALITY = 80;

const MAGICK_FORMAT = { png: MagickFormat.Png, jpeg: MagickFormat.Jpeg, webp: MagickFormat.WebP } as const;

type ResizedImage = {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** In base64. */
  readonly image: string;
};

let ready: Promise<void> | undefined;

/**
 * The image at that width. Fails the attempt with `invalid_image` for what is no image or a broken one, and with
 * `image_too_large` where it or the result has too many pixels.
 */
export async function resizeImage(
  bytes: Uint8Array,
  width: number,
  format: ImageFormat | undefined,
  ctx: Pick<TaskContext, 'fail'>,
): Promise<ResizedImage> {
  const original = formatOf(bytes) ?? ctx.fail('invalid_image', 'the image is neither PNG nor JPEG nor WebP');
  ready ??= loadMagick();
  await ready;
  try {
    return resized(bytes, width, original, format ?? original, ctx);
  } catch (error) {
    // `<reason> \`<file>' @ <where in its source>`
    if (error instanceof MagickError) ctx.fail('invalid_image', `the image is broken: ${error.message.split(' `')[0]}`);
    throw error;
  }
}

const loadMagick = async (): Promise<void> =>
  initializeImageMagick(await readFile(new URL(import.meta.resolve('@imagemagick/magick-wasm/magick.wasm'))));

function resized(
  bytes: Uint8Array,
  width: number,
  from: ImageFormat,
  to: ImageFormat,
  ctx: Pick<TaskContext, 'fail'>,
): ResizedImage {
  const settings = new MagickReadSettings({ format: MAGICK_FORMAT[from] });
  const info = MagickImageInfo.create(bytes, settings);
  failUnlessFits(info.width, info.height, ctx);
  // A JPEG can be decoded at a half, a quarter or an eighth of its size, in a third of the time.
  if (from === 'jpeg') settings.setDefine(MagickFormat.Jpeg, 'size', `${2 * width}x${2 * width}`);
  return ImageMagick.read(bytes, settings, (image) => {
    image.autoOrient();
    const height = Math.max(1, Math.round((width * image.height) / image.width));
    failUnlessFits(width, height, ctx);
    const geometry = new MagickGeometry(width, height);
    geometry.ignoreAspectRatio = true;
    image.resize(geometry);
    dropProfiles(image);
    if (to !== 'png') image.quality = QUALITY;
    return image.write(MAGICK_FORMAT[to], (data) => ({
      ...{ width, height, bytes: data.length },
      image: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'),
    }));
  });
}

function failUnlessFits(width: number, height: number, ctx: Pick<TaskContext, 'fail'>): void {
  if (width * height <= MAX_PIXELS) return;
  ctx.fail('image_too_large', `${width} by ${height} pixels are more than the ${MAX_PIXELS} that are taken`);
}

/** What tells of the camera, the place and the editor. The one that says what the colors are stays. */
function dropProfiles(image: IMagickImage): void {
  for (const name of image.profileNames) if (name !== 'icc') image.removeProfile(name);
}
