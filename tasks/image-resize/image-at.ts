import type { TaskContext } from '../../functions/core/define-task.ts';
import { failUnlessOk } from '../fail-unless-ok.ts';

/** An image may take several times what a camera's best JPEG does. */
const MAX_IMAGE_BYTES = 50_000_000;

/**
 * Returns what a URL answers. Fails the attempt for a status other than 2xx (retryable if 408, 425, 429 or 5xx), and with
 * `image_too_large` beyond 50 MB.
 */
export async function imageAt(url: string, ctx: TaskContext): Promise<Uint8Array> {
  const response = await ctx.http.request(url, { headers: { accept: 'image/*' }, signal: ctx.signal });
  await failUnlessOk(response);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.length;
    if (bytes > MAX_IMAGE_BYTES) ctx.fail('image_too_large', `the image is larger than ${MAX_IMAGE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
