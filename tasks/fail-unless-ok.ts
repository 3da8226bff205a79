import { decodedText } from '../functions/core/decoded-text.ts';
import { type TaskContext, TaskFailure } from '../functions/core/define-task.ts';
import { bytesUpTo } from './bytes-up-to.ts';

type HttpResponse = Awaited<ReturnType<TaskContext['http']['request']>>;

/** The failure tells so many bytes of an error's body. */
const TOLD_BYTES = 200;

/** By these statuses below 500, a server asks for another try: the request came too slowly, too early or too often. */
const PASSING = [408, 425, 429];

/** Returns whether a request with this status was done. A redirect that was not followed has done nothing. */
export const isGood = (status: number): boolean => status >= 200 && status < 300;

/**
 * Fails the attempt with code `http_<status>` where a server answered anything but 2xx. It is repeated only where the server
 * may yet answer otherwise: on 408, 425, 429 and 5xx, not before the time that a `Retry-After` header asks for.
 */
export async function failUnlessOk(response: HttpResponse): Promise<void> {
  const { status, headers, retryAfterSeconds } = response;
  if (isGood(status)) return;
  const isRedirect = status < 400 && headers.location !== undefined;
  throw httpFailure(
    status,
    isRedirect ? `it redirects to ${headers.location}` : await toldBy(response),
    retryAfterSeconds,
  );
}

/** Returns the failure that a status other than 2xx is, whether of a request or of a part of it. */
export const httpFailure = (status: number, text: string, retryAfterSeconds: number | undefined): TaskFailure =>
  new TaskFailure(`http_${status}`, `the server answered ${status}${text && `: ${text}`}`, {
    retryable: PASSING.includes(status) || status >= 500,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });

/** Returns how an error's body begins. Where it cannot be read, the status still counts. */
async function toldBy({ headers, body }: HttpResponse): Promise<string> {
  const contentType = headers['content-type'];
  try {
    const { bytes, isComplete } = await bytesUpTo(body, TOLD_BYTES);
    return decodedText(bytes, contentType, !isComplete) ?? `(what is no text, of type ${contentType ?? 'unknown'})`;
  } catch (error) {
    return `(and ${error instanceof Error ? error.message : error})`;
  }
}
