import { type TaskContext, TaskFailure } from '../functions/core/define-task.ts';
import { textUpTo } from './text-up-to.ts';

type HttpResponse = Awaited<ReturnType<TaskContext['http']['request']>>;

/** How much of an error's body is told; a task keeps 300 characters of its error (`functions/core/outcome.ts`). */
const TOLD_BYTES = 200;

/**
 * Fails the attempt with code `http_<status>` where a server answered 400 or above. It is repeated only where the server
 * may yet answer otherwise: on 429 and 5xx, not before the time that a `Retry-After` header asks for.
 */
export async function failUnlessOk({ status, headers, body }: HttpResponse): Promise<void> {
  if (status < 400) return;
  const { text } = await textUpTo(body, TOLD_BYTES);
  throw httpFailure(status, text, headers);
}

/** The failure that a status from 400 up is, whether of a request or of a part of it. */
export function httpFailure(status: number, text: string, headers: HttpResponse['headers']): TaskFailure {
  const retryAfterSeconds = secondsOf(headers['retry-after']);
  return new TaskFailure(`http_${status}`, `the server answered ${status}${text && `: ${text}`}`, {
    retryable: status === 429 || status >= 500,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** RFC 9110, section 10.2.3: whole seconds, or a date. `undefined` where it is neither. */
function secondsOf(retryAfter = ''): number | undefined {
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - Date.now()) / 1000));
}
