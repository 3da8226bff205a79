import {
  AlphaAction,
  ColorSpace,
  type IMagickImage,
  MagickColors,
  MagickError,
  MagickErrorSeverity,
  MagickFormat,
  MagickGeometry,
  MagickImage,
  MagickImageInfo,
  MagickReadSettings,
  Orientation,
} from '@imagemagick/magick-wasm';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { formatOf, type ImageFormat } from './image-formats.ts';
import { loadMagick } from './load-magick.ts';
import { srgbProfile } from './srgb-profile.ts';
import { webpFrames } from './webp-frames.ts';

/** Each pixel of an image in memory takes 4 bytes, and a file of a few KB can have any number of them. */
const MAX_PIXELS = 50_000_000;

/** Formats that lose detail get this; ImageMagick's own default of 92 makes files twice as large for what hardly anybody sees. */
const QUALITY = 80;

const MAGICK_FORMAT = { png: MagickFormat.Png, jpeg: MagickFormat.Jpeg, webp: MagickFormat.WebP } as const;

/** A decoder warns of this where it makes a part of the image up. It warns of more, such as surplus bytes, which cameras write. */
const DAMAGE = /premature end|bad huffman|instead of RST|not enough|truncated/i;

/** ImageMagick fails like this where its memory does not do. */
const OUT_OF_MEMORY: readonly number[] = [MagickErrorSeverity.ResourceLimitError, MagickErrorSeverity.CacheError];

/** The profile of the colors is applied, and then goes, as the other profiles and the attributes of an image do. */
const PROFILE_OF_COLORS = 'icc';

type ResizedImage = {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  /** The image in base64. */
  readonly image: string;
};

type Context = Pick<TaskContext, 'fail' | 'log'>;

let ready: Promise<void> | undefined;

/**
 * Returns the image at that width. Fails the attempt with `invalid_image` for what is no image or a broken one, and with
 * `image_too_large` where it or the result has too many pixels.
 */
export async function resizeImage(
  bytes: Uint8Array,
  width: number,
  format: ImageFormat | undefined,
  ctx: Context,
): Promise<ResizedImage> {
  const original = formatOf(bytes) ?? ctx.fail('invalid_image', 'the image is neither PNG nor JPEG nor WebP');
  const frames = original === 'webp' ? webpFrames(bytes) : undefined;
  if (frames !== undefined) failUnlessFits(frames.width, frames.height, ctx, frames.count);
  ready ??= loadMagick();
  await ready;
  const image = MagickImage.create();
  try {
    read(image, bytes, width, original, ctx);
    image.autoOrient();
    const height = Math.max(1, Math.round((width * image.height) / image.width));
    failUnlessFits(width, height, ctx);
    const geometry = new MagickGeometry(width, height);
    geometry.ignoreAspectRatio = true;
    image.resize(geometry);
    const to = format ?? original;
    makePlain(image, to, ctx);
    if (to !== 'png') image.quality = QUALITY;
    return image.write(MAGICK_FORMAT[to], (data) => ({
      width,
      height,
      bytes: data.length,
      image: Buffer.from(data.buffer, data.byteOffset, data.length).toString('base64'),
    }));
  } catch (error) {
    if (!(error instanceof MagickError)) throw error;
    const reason = reasonOf(error);
    if (OUT_OF_MEMORY.includes(error.severity))
      return ctx.fail('image_too_large', `the image takes too much memory: ${reason}`);
    return ctx.fail('invalid_image', `the image is broken: ${reason}`);
  } finally {
    image.dispose();
  }
}

/** ImageMagick writes `<reason> \`<file>' @ <where in its source>`. */
const reasonOf = ({ message }: MagickError): string => message.split(' `')[0] ?? message;

function read(image: IMagickImage, bytes: Uint8Array, width: number, format: ImageFormat, ctx: Context): void {
  const settings = new MagickReadSettings({ format: MAGICK_FORMAT[format] });
  const info = MagickImageInfo.create(bytes, settings);
  failUnlessFits(info.width, info.height, ctx);
  // A JPEG can be decoded at a half, a quarter or an eighth of its size, in a third of the time.
  if (format === 'jpeg') settings.setDefine(MagickFormat.Jpeg, 'size', `${2 * width}x${2 * width}`);
  let damage: MagickError | undefined;
  image.onWarning = ({ error }) => {
    if (DAMAGE.test(error.message)) damage = error;
  };
  image.read(bytes, settings);
  if (damage !== undefined) throw damage;
}

function failUnlessFits(width: number, height: number, ctx: Context, frames = 1): void {
  if (frames * width * height <= MAX_PIXELS) return;
  const what = frames === 1 ? '' : `${frames} frames of `;
  ctx.fail('image_too_large', `${what}${width} by ${height} pixels are more than the ${MAX_PIXELS} that are taken`);
}

/** Leaves pixels in sRGB, which every screen shows alike, and nothing else: no profile, place, camera, author or time. */
function makePlain(image: IMagickImage, format: ImageFormat, ctx: Context): void {
  if (image.hasProfile(PROFILE_OF_COLORS)) convertColors(image, ctx);
  if (image.colorSpace !== ColorSpace.Gray) image.colorSpace = ColorSpace.sRGB;
  image.strip();
  // The image is upright by now; a PNG would say so in a chunk of its own.
  image.orientation = Orientation.Undefined;
  if (format !== 'jpeg' || !image.hasAlpha) return;
  image.backgroundColor = MagickColors.White;
  image.alpha(AlphaAction.Remove);
}

/** Converts colors to sRGB by the image's profile. A profile that is broken, or of another kind of image, changes nothing. */
function convertColors(image: IMagickImage, ctx: Context): void {
  const report = (error: MagickError): void => ctx.log('color profile not applied', { reason: reasonOf(error) });
  image.onWarning = ({ error }) => report(error);
  try {
    image.setProfile(PROFILE_OF_COLORS, srgbProfile());
  } catch (error) {
    if (!(error instanceof MagickError)) throw error;
    report(error);
  }
}
