import { setImmediate } from 'node:timers/promises';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { failUnlessOk } from '../fail-unless-ok.ts';

const PIECE_BYTES = 65_536;

/**
 * Yields the text in pieces, as a network would bring it: a parser given all of it at once would hold all of its rows. Between
 * pieces timers get their turn, without which the task's timeout would come too late.
 */
export async function* csvOfText(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    await setImmediate();
    yield bytes.subarray(start, start + PIECE_BYTES);
  }
}

/** Returns what a URL answers, as it arrives. Fails the attempt for a status other than 2xx (retryable if 408, 425, 429 or 5xx). */
export async function csvAt(
  url: string,
  ctx: TaskContext,
): Promise<{ body: AsyncIterable<Uint8Array>; contentType: string | undefined }> {
  const response = await ctx.http.request(url, { headers: { accept: 'text/csv' }, signal: ctx.signal });
  await failUnlessOk(response);
  return { body: response.body, contentType: response.headers['content-type'] };
}
