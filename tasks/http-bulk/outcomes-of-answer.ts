import * as z from 'zod';
import { decodedText } from '../../functions/core/decoded-text.ts';
import { type BatchOutcome, type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';
import { bytesUpTo } from '../bytes-up-to.ts';
import { httpFailure, isGood } from '../fail-unless-ok.ts';

type HttpResponse = Awaited<ReturnType<TaskContext['http']['request']>>;

/** An answer may have so many bytes, decompressed: 20 KB for each record of the largest batch. */
const MAX_ANSWER_BYTES = 2_000_000;

/** A task keeps so many characters of what an answer says of its record. */
const MAX_TOLD_LENGTH = 200;

/** The answer is several, and its status is that of none of them (RFC 4918, section 13). */
const MULTI_STATUS = 207;

/** An endpoint may answer for each record by itself, in the order of the lines; some write the number as text. */
const statusSchema = z
  .union([z.int(), z.stringFormat('status', /^\d{3}$/).transform(Number)])
  .pipe(z.int().min(100).max(599));
const itemSchema = z.object({ status: statusSchema, error: z.unknown().optional() });
type Item = z.output<typeof itemSchema>;

/** Elasticsearch and OpenSearch wrap each item in what was done with the record. */
const ACTIONS = ['index', 'create', 'update', 'delete'];

/**
 * Returns what became of each of `count` records, by a good answer: as it says of each, or its own status for all where it
 * says nothing of each. Throws `response_too_large`, and `invalid_answer` where it says what cannot be understood: that may be
 * that a record was refused, so it never counts as good.
 */
export async function outcomesOfAnswer(response: HttpResponse, count: number): Promise<BatchOutcome[]> {
  const { status, headers, body, retryAfterSeconds } = response;
  const { bytes, isComplete } = await bytesUpTo(body, MAX_ANSWER_BYTES);
  if (!isComplete) throw new TaskFailure('response_too_large', `the response is larger than ${MAX_ANSWER_BYTES} bytes`);
  const items = itemsOf(jsonIn(bytes, headers['content-type']), status);
  if (items === undefined) {
    if (status === MULTI_STATUS) throw unreadable(status);
    return Array.from({ length: count }, () => ({ status }));
  }
  if (items.length !== count) throw invalid(`answered for ${items.length} records where ${count} were sent`);
  return items.map((item) =>
    isGood(item.status) ? { status: item.status } : httpFailure(item.status, textOf(item.error), retryAfterSeconds),
  );
}

/** Returns the JSON of a body; `undefined` where it has none, and neither its type nor its beginning promises any. */
function jsonIn(bytes: Uint8Array, contentType = ''): unknown {
  const text = decodedText(bytes, contentType)?.trim();
  const isPromised = /[/+](?:x-)?(?:nd)?json\b/i.test(contentType) || /^[[{]/.test(text ?? '');
  if (text === '' || !isPromised) return undefined;
  try {
    return JSON.parse(text ?? '');
  } catch {
    throw invalid('answered JSON that cannot be read as one');
  }
}

/** Returns what an answer says of each record; `undefined` where it speaks of all of them, and well. */
function itemsOf(answer: unknown, status: number): readonly Item[] | undefined {
  const { items, errors } = Array.isArray(answer) ? { items: answer, errors: false } : partsOf(answer);
  if (items === undefined) {
    if (!deniesSuccess(answer)) return undefined;
    throw invalid(`answered ${status}, and without {"items": [...]} ${shortened(answer)}`);
  }
  if (!Array.isArray(items)) throw unreadable(status, answer);
  const read = items.map((item) => readItem(item, status));
  if (!isSaid(errors) || read.some((item) => !isGood(item.status))) return read;
  throw invalid(`answered ${status} and that there are errors, and with good items alone`);
}

const partsOf = (answer: unknown): Readonly<Record<string, unknown>> =>
  typeof answer === 'object' && answer !== null ? { ...answer } : {};

/** Returns whether an answer for all, though its status is good, says that something is not, in a field or in any list. */
const deniesSuccess = (answer: unknown): boolean =>
  answer === false ||
  saysFailure(answer) ||
  Object.values(partsOf(answer)).some((part) => Array.isArray(part) && part.some(saysFailure));

/** Servers tell of errors, or count them, by such names: `errors`, `errorMessage`, `FailedPutCount`, `failed_records`. */
const OF_ERRORS =
  /^(?:has_?|insert_?)?(?:errors?|fail(?:ed|ures?))(?:_?(?:\w*count|items|records|entries|code|message))?$/i;

/** Returns whether an object says, in one of the ways that servers have, that something was not done. */
function saysFailure(said: unknown): boolean {
  const parts = partsOf(said);
  const { status, statusCode, ok, success } = parts;
  if ([ok, success].some((done) => done === false || done === 0 || done === 'false')) return true;
  if (Object.entries(parts).some(([name, value]) => OF_ERRORS.test(name) && isSaid(value))) return true;
  return [status, statusCode].some((told) => {
    if (typeof told === 'string' && !/^\d+$/.test(told)) return /^(?:err|fail)/i.test(told);
    return told !== undefined && told !== null && !isGood(Number(told));
  });
}

/** Returns whether there is an error, in whatever form. */
const isSaid = (error: unknown): boolean =>
  Array.isArray(error) ? error.length > 0 : ![undefined, null, false, '', 0].some((none) => none === error);

/** Returns what an item says, plainly or under its action. Throws where that is nothing, or good and bad at once. */
function readItem(item: unknown, status: number): Item {
  const [wrapped, ...others] = Object.entries(partsOf(item));
  const inner = wrapped !== undefined && others.length === 0 && ACTIONS.includes(wrapped[0]) ? wrapped[1] : item;
  const { data } = itemSchema.safeParse(inner);
  if (data === undefined || (isGood(data.status) && saysFailure(inner))) throw unreadable(status, item);
  return data;
}

const textOf = (error: unknown): string => (isSaid(error) ? shortened(error) : '');

const shortened = (said: unknown): string =>
  (typeof said === 'string' ? said : JSON.stringify(said)).slice(0, MAX_TOLD_LENGTH);

const unreadable = (status: number, said?: unknown): TaskFailure =>
  invalid(
    `answered ${status} without {"items": [{"status": ...}, ...]}${said === undefined ? '' : `: ${shortened(said)}`}`,
  );

/** Is not retryable: what was taken would be sent twice, to be answered the same. */
const invalid = (what: string): TaskFailure => new TaskFailure('invalid_answer', `the server ${what}`);
