import type { ProblemDocument } from './answers.ts';
import { MillraceError } from './millrace-error.ts';
import { pause } from './pause.ts';
import { randomKey } from './random-key.ts';
import type { AnyDefinition, Submitted, TaskOf, TaskToSubmit } from './tasks.ts';
import {
  type CallOptions,
  delayAfter,
  foreignAnswer,
  isProblem,
  problemError,
  safeSecondsAfter,
  type Transport,
} from './transport.ts';

/** One bulk submit has at most so many tasks. */
export const MOST_TASKS = 1_000;
/** The body of a submit has at most so many bytes. */
export const MOST_BYTES = 2_500_000;
/** Each task is counted with a comma, and the first has none. */
const BYTES_AROUND = '{"tasks":[]}'.length - 1;

const FOR_GOOD = Number.POSITIVE_INFINITY;

/** A task as it is sent, and its place among those that were given; so long its key stands for it. */
type Item = { readonly index: number; readonly json: string; readonly keyTtlSeconds: number };

/** What ends a request and its tries. */
type Limits = { readonly signal: AbortSignal | undefined; readonly deadlineSeconds: number };

/** What the API says of each task of a bulk; `index` is its place in that. */
type Result =
  | {
      readonly index: number;
      readonly status: 'accepted';
      readonly task: TaskOf<AnyDefinition>;
      readonly replayed?: true;
    }
  | { readonly index: number; readonly status: 'rejected'; readonly problem: ProblemDocument };

/**
 * Submits any number of tasks, one request after the other, and says in their order what became of each. Throws only where the
 * signal aborts.
 */
export async function submitAll(
  tasks: readonly TaskToSubmit<AnyDefinition>[],
  transport: Transport,
  options: Limits,
): Promise<Submitted[]> {
  const prefix = randomKey();
  const items = tasks.map((task, index): Item => {
    const { idempotencyKey = `${prefix}-${index}`, ...rest } = task;
    const { idempotencyKeyTtlSeconds: keyTtlSeconds = FOR_GOOD } = rest;
    return { index, json: JSON.stringify({ ...rest, idempotencyKey }), keyTtlSeconds };
  });
  // A request is made again while all of its keys stand for its tasks: one that ends soon is to end that of no other.
  const lasting = items.filter(({ keyTtlSeconds }) => keyTtlSeconds === FOR_GOOD);
  const ending = items.filter(({ keyTtlSeconds }) => keyTtlSeconds !== FOR_GOOD);
  const results: Submitted[] = [];
  for (const part of [...partsOf(lasting), ...partsOf(ending)]) {
    results.push(...(await submitPart(part, transport, options)));
  }
  return results.sort((one, other) => one.index - other.index);
}

/** Lays tasks into requests: as many as one takes. */
function* partsOf(items: readonly Item[]): Generator<readonly Item[]> {
  const encoder = new TextEncoder();
  let part: Item[] = [];
  let bytes = BYTES_AROUND;
  for (const item of items) {
    const size = encoder.encode(item.json).length + 1;
    if (part.length === MOST_TASKS || (part.length > 0 && bytes + size > MOST_BYTES)) {
      yield part;
      part = [];
      bytes = BYTES_AROUND;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

/** Submits the tasks of one request; those that are refused for now again, each while its key is its own, until the deadline. */
async function submitPart(
  part: readonly Item[],
  transport: Transport,
  { signal, deadlineSeconds }: Limits,
): Promise<Submitted[]> {
  const began = performance.now();
  const deadline = began + deadlineSeconds * 1000;
  const results = new Map<number, Submitted>();
  let left = part;
  for (let tries = 1; ; tries++) {
    const now = performance.now();
    const options = { signal, deadlineSeconds: (deadline - now) / 1000 };
    const outcome = await submitOnce(left, transport, options, (now - began) / 1000);
    for (const result of outcome.results) results.set(result.index, result);
    if (outcome.isOver) break;
    const answered = performance.now();
    // A task that has to wait for longer than there is time keeps no other from its next try.
    const delays = new Map(left.map((item) => [item, delayOf(results.get(item.index), tries)]));
    left = left.filter(
      (item) => isRefusedForNow(results.get(item.index)) && answered + (delays.get(item) ?? 0) < deadline,
    );
    const delay = Math.max(0, ...left.map((item) => delays.get(item) ?? 0));
    const secondsThen = (answered + delay - began) / 1000;
    left = left.filter((item) => secondsThen < safeSecondsOf(item, results.get(item.index)));
    if (left.length === 0) break;
    await pause(delay, signal);
  }
  return part.flatMap(({ index }) => results.get(index) ?? []);
}

type Outcome = { readonly results: readonly Submitted[]; readonly isOver?: true };

/** Makes one request. Where it fails as a whole, so does each of its tasks, and it has been tried as often as there was time for. */
async function submitOnce(
  items: readonly Item[],
  transport: Transport,
  options: CallOptions,
  secondsGone: number,
): Promise<Outcome> {
  const body = `{"tasks":[${items.map(({ json }) => json).join(',')}]}`;
  const keyTtlSeconds = Math.min(...items.map((item) => item.keyTtlSeconds)) - secondsGone;
  const call = { method: 'POST', path: '/api/tasks/batch', body, isRepeatable: true, keyTtlSeconds } as const;
  try {
    const answer = await transport(call, options);
    const results = resultsOf(answer.body, items.length).map((result, place): Submitted => {
      const index = items[place]?.index ?? result.index;
      if (result.status === 'accepted') return { ...result, index };
      return { index, status: 'rejected', error: problemError(result.problem) };
    });
    return { results };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    return { results: items.map(({ index }) => ({ index, status: 'rejected', error })), isOver: true };
  }
}

/** Returns what the API says of each task. Throws where the answer is none of it. */
function resultsOf(body: unknown, count: number): readonly Result[] {
  const results = (body as { readonly results?: readonly Result[] } | null)?.results;
  if (Array.isArray(results) && results.length === count && results.every(isResult)) return results;
  throw foreignAnswer();
}

const isResult = (result: Result | undefined): boolean =>
  result?.status === 'accepted' ? typeof result.task?.id === 'string' : isProblem(result?.problem);

const isRefusedForNow = (result: Submitted | undefined): boolean =>
  result?.status === 'rejected' && result.error.isPassing;

const safeSecondsOf = ({ keyTtlSeconds }: Item, result: Submitted | undefined): number =>
  result?.status === 'rejected' ? safeSecondsAfter(result.error, { isRepeatable: true, keyTtlSeconds }) : 0;

const delayOf = (result: Submitted | undefined, tries: number): number =>
  result?.status === 'rejected' ? delayAfter(result.error, tries) : 0;
