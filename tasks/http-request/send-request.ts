import type { TaskContext } from '../../functions/core/define-task.ts';
import { failUnlessOk } from '../fail-unless-ok.ts';
import { textUpTo } from '../text-up-to.ts';
import type { HttpRequestInput } from './http-request-input.ts';

/** Bytes of the body, decompressed. What is larger belongs into a file, not into a task's output. */
const MAX_RESPONSE_BYTES = 2_000_000;

type HttpRequestOutput = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/**
 * Sends the request once. Fails the attempt with `http_<status>` for a status from 400 up (retryable if 429 or 5xx),
 * and with `response_too_large` for a body over 2 MB.
 */
export async function sendRequest(input: HttpRequestInput, ctx: TaskContext): Promise<HttpRequestOutput> {
  const { url, ...request } = input;
  const headers = {
    ...request.headers,
    'idempotency-key': ctx.task.id,
    'millrace-attempt': String(ctx.task.attempt),
  };
  const response = await ctx.http.request(url, { ...request, headers, signal: ctx.signal });
  await failUnlessOk(response);
  const { text, complete } = await textUpTo(response.body, MAX_RESPONSE_BYTES);
  if (!complete) ctx.fail('response_too_large', `the response is larger than ${MAX_RESPONSE_BYTES} bytes`);
  return { status: response.status, headers: response.headers, body: text };
}
