import * as z from 'zod';
import { decodedText } from '../../functions/core/decoded-text.ts';
import { type BatchOutcome, type TaskContext, TaskFailure } from '../../functions/core/define-task.ts';
import { bytesUpTo } from '../bytes-up-to.ts';
import { httpFailure, isGood } from '../fail-unless-ok.ts';

type HttpResponse = Awaited<ReturnType<TaskContext['http']['request']>>;

/** What became of a record: the status that its endpoint gave it, or why it failed. */
export type RecordOutcome = BatchOutcome<{ readonly status: number }>;

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
export async function outcomesOfAnswer(response: HttpResponse, count: number): Promise<RecordOutcome[]> {
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
  const { items, ...more } = Array.isArray(answer) ? { items: answer } : partsOf(answer);
  if (items === undefined) {
    if (answer !== false && !deniesSuccess(answer)) return undefined;
    throw invalid(`answered ${status}, and without {"items": [...]} ${shortened(answer)}`);
  }
  if (!Array.isArray(items)) throw unreadable(status, answer);
  const read = items.map((item) => readItem(item, status));
  if (!deniesSuccess(more) || read.some((item) => !isGood(item.status))) return read;
  throw invalid(`answered ${status} and that there are errors, and with good items alone`);
}

const partsOf = (answer: unknown): Readonly<Record<string, unknown>> =>
  typeof answer === 'object' && answer !== null && !Array.isArray(answer) ? { ...answer } : {};

/** Returns whether an answer, though its status is good, says that something is not, at whatever depth. */
function deniesSuccess(answer: unknown): boolean {
  // A server may nest deeper than a function can call itself.
  const left = [answer];
  while (left.length > 0) {
    const part = left.pop();
    if (saysFailure(part)) return true;
    const parts = Array.isArray(part) ? part : Object.values(partsOf(part));
    for (const one of parts) if (typeof one === 'object') left.push(one);
  }
  return false;
}

/** Servers tell of errors, or count them, by such names: `errors`, `errorMessage`, `FailedPutCount`, `failed_records`. */
const OF_ERRORS =
  /^(?:has_?|is_?|insert_?|partial_?(?:failure_?)?)?(?:errors?|fail(?:ed|ures?)|exceptions?|reject(?:ed|ions?)|invalid|unprocessed)(?:_?(?:\w*count|items|records|entries|rows|keys|ids|code|message))?$/i;

/** What goes by such a name is false, or zero, where it went badly. */
const OF_SUCCESS = /^(?:is_?)?(?:ok|success(?:ful)?|succeeded|accepted|acknowledged)$/i;

/** By such names servers tell how it went, in a word or as HTTP does; a code may be of another kind, and is no failure then. */
const OF_STATUS = /^(?:http_?)?(?:status|status_?code)$/i;
const OF_CODE = /^(?:(?:response_?)?code|state|result|outcome)$/i;

const FAILED = /^(?:err|fail|reject|invalid|denied|refused)/i;
const FAILED_ITEM = /^(?:error|fail(?:ed|ure)?|rejected|invalid|denied|refused)$/i;

/** Returns whether an object or a list says by itself, in one of the ways that servers have, that something was not done. */
function saysFailure(said: unknown): boolean {
  if (Array.isArray(said)) return said.some((item) => typeof item === 'string' && FAILED_ITEM.test(item));
  return Object.entries(partsOf(said)).some(([name, value]) => {
    if (OF_SUCCESS.test(name)) return value === false || value === 0 || value === 'false';
    if (OF_ERRORS.test(name)) return isSaid(value);
    if (OF_STATUS.test(name)) return isFailure(value, (number) => !isGood(number));
    return OF_CODE.test(name) && isFailure(value, (number) => number >= 400 && number < 600);
  });
}

function isFailure(told: unknown, isBad: (number: number) => boolean): boolean {
  if (typeof told === 'number') return isBad(told);
  if (typeof told === 'string') return /^\d+$/.test(told) ? isBad(Number(told)) : FAILED.test(told);
  return told === false;
}

/** Some servers write in the place of an error that there is none. */
const NO_ERROR = /^(?:|0+|ok|none|null|false|success(?:ful)?)$/i;

/** Returns whether there is an error, in whatever form. */
function isSaid(error: unknown): boolean {
  if (Array.isArray(error)) return error.length > 0;
  if (typeof error === 'string') return !NO_ERROR.test(error);
  return ![undefined, null, false, 0].some((none) => none === error);
}

/** Returns what an item says, plainly or under its action. Throws where that is nothing, or good and bad at once. */
function readItem(item: unknown, status: number): Item {
  const [wrapped, ...others] = Object.entries(partsOf(item));
  const inner = wrapped !== undefined && others.length === 0 && ACTIONS.includes(wrapped[0]) ? wrapped[1] : item;
  const { data } = itemSchema.safeParse(inner);
  if (data === undefined || (isGood(data.status) && saysFailure(inner))) throw unreadable(status, item);
  return data;
}

const textOf = (error: unknown): string => (isSaid(error) ? shortened(error) : '');

function shortened(said: unknown): string {
  try {
    return (typeof said === 'string' ? said : JSON.stringify(said)).slice(0, MAX_TOLD_LENGTH);
  } catch {
    return 'JSON that is too deep to be written out';
  }
}

const unreadable = (status: number, said?: unknown): TaskFailure =>
  invalid(
    `answered ${status} without {"items": [{"status": ...}, ...]}${said === undefined ? '' : `: ${shortened(said)}`}`,
  );

/** Is not retryable: what was taken would be sent twice, to be answered the same. */
const invalid = (what: string): TaskFailure => new TaskFailure('invalid_answer', `the server ${what}`);
