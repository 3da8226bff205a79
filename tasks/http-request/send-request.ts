import { decodedText } from '../../functions/core/decoded-text.ts';
import type { TaskContext } from '../../functions/core/define-task.ts';
import { bytesUpTo } from '../bytes-up-to.ts';
import { failUnlessOk } from '../fail-unless-ok.ts';
import type { HttpRequestInput } from './http-request-input.ts';

/** A body may have so many bytes, decompressed. What is larger belongs into a file, not into a task's output. */
const MAX_RESPONSE_BYTES = 2_000_000;

type HttpRequestOutput = {
  readonly status: number;
  /** The URL that answered, and whether redirects led there. */
  readonly url: string;
  readonly redirected: boolean;
  /** Names in lower case; `set-cookie` is a list. */
  readonly headers: Awaited<ReturnType<TaskContext['http']['request']>>['headers'];
  readonly body: string;
  /** The body is `text` by its charset, and `base64` where it is no text in that. */
  readonly encoding: 'text' | 'base64';
};

/**
 * Sends the request once. Fails the attempt with `http_<status>` for a status other than 2xx (retryable if 408, 425, 429 or
 * 5xx), and with `response_too_large` for a body over 2 MB.
 */
export async function sendRequest(input: HttpRequestInput, ctx: TaskContext): Promise<HttpRequestOutput> {
  const { url, ...request } = input;
  const sent = {
    ...request.headers,
    'idempotency-key': ctx.task.id,
    'millrace-attempt': String(ctx.task.attempt),
  };
  const response = await ctx.http.request(url, { ...request, headers: sent, signal: ctx.signal });
  await failUnlessOk(response);
  const { status, redirected, headers } = response;
  const { bytes, isComplete } = await bytesUpTo(response.body, MAX_RESPONSE_BYTES);
  if (!isComplete) ctx.fail('response_too_large', `the response is larger than ${MAX_RESPONSE_BYTES} bytes`);
  const text = decodedText(bytes, headers['content-type']);
  return {
    status,
    url: response.url,
    redirected,
    headers,
    ...(text === undefined
      ? { body: Buffer.from(bytes).toString('base64'), encoding: 'base64' }
      : { body: text, encoding: 'text' }),
  };
}
