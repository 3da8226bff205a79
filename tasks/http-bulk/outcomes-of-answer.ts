import * as z from 'zod';
import { type BatchOutcome, type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';
import { httpFailure } from '../fail-unless-ok.ts';
import { textUpTo } from '../text-up-to.ts';

type HttpResponse = Awaited<ReturnType<TaskContext['http']['request']>>;

/** Bytes of an answer, decompressed: 20 KB for each record. */
const MAX_ANSWER_BYTES = 2_000_000;

/** Of a record's error; a task keeps 300 characters of its error (`functions/core/outcome.ts`). */
const MAX_ERROR_LENGTH = 200;

/** RFC 4918, section 13: the answer is several, and its status is that of none. */
const MULTI_STATUS = 207;

/** How an endpoint answers for each record by itself, in the order of the lines. */
const answerSchema = z.object({
  items: z.array(z.object({ status: z.int().min(100).max(599), error: z.string().optional() })),
});

/**
 * What became of each of `count` records, by a good answer: as it says of each, or its own status for all where it says
 * nothing of each. Throws `invalid_answer` where it speaks of another number of records or, as 207, of none, and
 * `response_too_large`.
 */
export async function outcomesOfAnswer(response: HttpResponse, count: number): Promise<BatchOutcome[]> {
  const { status, headers, body } = response;
  const { text, complete } = await textUpTo(body, MAX_ANSWER_BYTES);
  if (!complete) throw new TaskFailure('response_too_large', `the response is larger than ${MAX_ANSWER_BYTES} bytes`);
  const items = itemsOf(text);
  if (items === undefined) {
    if (status !== MULTI_STATUS) return Array.from({ length: count }, () => ({ status }));
    throw new TaskFailure('invalid_answer', 'the server answered 207 without {"items": [{"status": ...}, ...]}');
  }
  if (items.length !== count) {
    throw new TaskFailure('invalid_answer', `the server answered for ${items.length} records where ${count} were sent`);
  }
  return items.map((item) =>
    item.status < 400
      ? { status: item.status }
      : httpFailure(item.status, (item.error ?? '').slice(0, MAX_ERROR_LENGTH), headers),
  );
}

function itemsOf(text: string): z.output<typeof answerSchema>['items'] | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data?.items;
  } catch {
    return undefined;
  }
}
