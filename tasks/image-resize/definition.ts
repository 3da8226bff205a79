import * as z from 'zod';
import { defineTask } from '../../functions/core/define-task.ts';
import { DEFAULT_RETRY } from '../../functions/core/task/retry.ts';
import { IMAGE_FORMATS } from './image-formats.ts';

/** So much fits into the body of a submit, less what is around it: base64 makes four characters of three bytes. */
const MAX_BASE64_LENGTH = 2_000_000;
/** WebP can hold 16,383 pixels on a side; nobody shows so many. */
const MAX_WIDTH = 8_192;

export const imageResize = defineTask({
  type: 'image.resize',
  description:
    'Makes a PNG, JPEG or WebP image as wide as asked, as high as that makes it, upright, in sRGB, and with nothing beside ' +
    'its pixels: what it tells of its camera, place, author, text and time is gone, and the same input gives the same ' +
    'bytes. As JPEG, which has no transparency, it is on white. Of an animated WebP the first picture is taken. A file ' +
    'that was cut short fails as invalid_image; more than 50 megapixels, those of all pictures together, fail as ' +
    'image_too_large. The result is in base64, as a small image given in the input is.',
  resources: 'cpu-intensive',
  priority: 'normal',
  // A photo of 12 megapixels takes a fifth of a second; the largest that is taken, of noise as WebP, some seconds.
  timeoutSeconds: 60,
  retry: DEFAULT_RETRY,
  input: z
    .strictObject({
      image: z.base64().min(1).max(MAX_BASE64_LENGTH).describe('The image itself, in base64.').exactOptional(),
      url: z
        .url({ protocol: /^https?$/ })
        .max(2048)
        .describe('Where the image is, http or https.')
        .exactOptional(),
      width: z.int().min(1).max(MAX_WIDTH).describe('In pixels.'),
      format: z
        .enum(IMAGE_FORMATS)
        .describe('What to make of it; the format that it has if not given.')
        .exactOptional(),
    })
    .refine(({ image, url }) => (image === undefined) !== (url === undefined), 'give either image or url')
    .meta({
      oneOf: [{ required: ['image'] }, { required: ['url'] }],
      examples: [{ url: 'https://example.com/photo.jpg', width: 800, format: 'webp' }],
    }),
  output: z.object({
    width: z.int(),
    height: z.int(),
    bytes: z.int().describe('Those of the image, before they are base64.'),
    image: z.string().describe('In base64.'),
  }),
  async run({ image, url, width, format }, ctx) {
    const { resizeImage } = await import('./resize-image.ts');
    const { imageAt } = await import('./image-at.ts');
    const bytes = url === undefined ? Buffer.from(image ?? '', 'base64') : await imageAt(url, ctx);
    return resizeImage(bytes, width, format, ctx);
  },
});
