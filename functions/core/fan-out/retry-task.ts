import { compact } from '../compact.ts';
import type { TaskStore } from '../ports.ts';
import { type AttemptStore, recordOfSuccess } from '../task/attempt-record.ts';
import type { TaskId } from '../task/ids.ts';
import { keepUntilOf, type Payload } from '../task/payload.ts';
import { nextSweep, sendOrDefer } from '../task/send-or-defer.ts';
import { type FinishedTask, isFinished, type QueuedTask, subtaskIdsOf, type Task } from '../task/task.ts';
import { type AmendTerms, amended, type RetryTerms } from '../task/transition.ts';
import type { FormerInputs } from './former-inputs.ts';
import { type PropagateEndPorts, propagateEnd } from './propagate-end.ts';

export type QueueAgainPorts = PropagateEndPorts & { readonly store: Pick<TaskStore, 'getAll'> };

export type RetryPorts = QueueAgainPorts & {
  readonly store: Pick<TaskStore, 'amend'>;
  readonly formerInputs: Pick<FormerInputs, 'add'>;
  readonly attempts: Pick<AttemptStore, 'put'>;
};

/** What somebody asks for who has a task run again. */
export type RetryRequest = {
  /** Keeps another input; asked for where nothing speaks against the retry, or it would be kept for nothing. */
  readonly input?: () => Promise<Payload>;
  /** The version of the schema that has taken it. */
  readonly inputVersion?: string;
  /**
   * Which subtasks run again; those that have not succeeded unless it is said. With `all`, or another input, the task is fanned
   * out anew.
   */
  readonly subtasks?: 'failed' | 'all' | readonly TaskId[];
};

export type RetryAnswer =
  /** It is the task that was asked for, or what is at the top of the fan-outs that it is a subtask of. */
  | { readonly result: 'queued'; readonly task: QueuedTask }
  | {
      readonly result: 'refused';
      readonly code: 'invalid_status' | 'input_missing' | 'not_found';
      /** Says what is wrong, for people. */
      readonly reason: string;
    };

type Chosen = { readonly task: FinishedTask; readonly terms: RetryTerms } | { readonly refusal: string };

/**
 * Has a task run again that has ended. Of one that was fanned out, what has succeeded is kept; all that it is a subtask of
 * combines anew. Twice at once is as good as once: one of the two is refused.
 */
export async function retryTask(found: Task, request: RetryRequest, ports: RetryPorts): Promise<RetryAnswer> {
  const line = await lineOf(found, request, ports);
  if ('refusal' in line) return refused(line.refusal);
  const { top, below } = await withInput(line, request);
  const [asked = top] = below;
  const keepUntil = keepUntilOf(found, ports.clock(), ports.retentionDays);
  for (const { task, terms } of new Set([asked, top])) {
    // The input would expire too early for another life of the task, or for those who look at what it was.
    const isMissing = (await ports.payloads.keep(task.input, keepUntil)) === 'missing';
    if (terms.input !== undefined) await ports.formerInputs.add(task, ports.clock(), keepUntil);
    else if (isMissing) return INPUT_MISSING;
  }
  for (const { task } of [top, ...below]) {
    // Its row tells of its last attempt only until the next.
    if (task.status === 'succeeded') await ports.attempts.put(task, recordOfSuccess(task), keepUntil);
  }
  const changed: { readonly from: FinishedTask; readonly to: FinishedTask }[] = [];
  /** A retry that is refused leaves the subtasks as they were. */
  const undo = async (answer: RetryAnswer): Promise<RetryAnswer> => {
    for (const { from, to } of changed) await ports.store.amend(to, asItWas(from));
    return answer;
  };
  for (const { task, terms } of below) {
    const isAsBefore = terms.input === undefined && task.fanOut === undefined;
    if (isAsBefore) continue;
    if ((await ports.store.amend(task, terms)) === 'lost') return undo(refused(changedMeanwhile(task)));
    changed.push({ from: task, to: amended(task, terms) });
  }
  const answer = await queue(top, keepUntil, ports);
  if (answer.result === 'refused') return undo(answer);
  await sendOrDefer(answer.task, 0, ports);
  return answer;
}

const asItWas = ({ input, inputVersion, fanOut }: FinishedTask): AmendTerms => compact({ input, inputVersion, fanOut });

/**
 * Queues a task again as it is, which is nobody's subtask, unless it has ended another time since. It is for its caller to send it, with
 * others: until then, and where the queue refuses, the sweeper will.
 */
export async function queueAgain(found: Task, ports: QueueAgainPorts): Promise<RetryAnswer> {
  const chosen = await termsOf(found, {}, ports);
  if ('refusal' in chosen) return refused(chosen.refusal);
  const keepUntil = keepUntilOf(found, ports.clock(), ports.retentionDays);
  if ((await ports.payloads.keep(found.input, keepUntil)) === 'missing') return INPUT_MISSING;
  const { task, terms } = chosen;
  return queue({ task, terms: { ...terms, endedAt: task.finishedAt } }, keepUntil, ports);
}

const refused = (
  reason: string,
  code: Extract<RetryAnswer, { result: 'refused' }>['code'] = 'invalid_status',
): RetryAnswer => ({ result: 'refused', code, reason });

const notRetryable = ({ status }: Task): string =>
  `the task is ${status}: only a failed or cancelled one can be retried`;
const changedMeanwhile = ({ id }: Task): string => `task ${id} has just become something else: look at it again`;

const INPUT_MISSING = refused('the input of the task is not kept any more: submit it as a new task', 'input_missing');

type Link = Exclude<Chosen, { refusal: string }>;
type Line = { readonly top: Link; readonly below: readonly Link[] };

/** Finds what each task is to do from the one that is asked for up to that which is nobody's subtask. */
async function lineOf(
  found: Task,
  request: RetryRequest,
  ports: RetryPorts,
): Promise<Line | { readonly refusal: string }> {
  const below: Link[] = [];
  let link = await termsOf(found, request, ports);
  while (!('refusal' in link) && link.task.parent !== undefined) {
    const { task: child } = link;
    const { id, index } = link.task.parent;
    below.push(link);
    const parent = await ports.store.get(child.tenantId, id, ports.clock());
    if (parent === undefined) return { refusal: `its parent ${id} is not kept any more: submit it as a new task` };
    if (subtaskIdsOf(parent)[index] !== child.id) return { refusal: `its parent ${id} was fanned out anew since then` };
    link = await termsOf(parent, { subtasks: [child.id] }, ports, child);
    if ('refusal' in link) return { refusal: `of its parent ${id}: ${link.refusal}` };
  }
  return 'refusal' in link ? link : { top: link, below };
}

/** Gives the task that was asked for its other input. */
async function withInput({ top, below }: Line, { input, inputVersion }: RetryRequest): Promise<Line> {
  if (input === undefined) return { top, below };
  const terms = compact({ input: await input(), inputVersion });
  const [asked, ...others] = below;
  if (asked === undefined) return { top: { ...top, terms }, below };
  return { top, below: [{ ...asked, terms }, ...others] };
}

/** Says how a task is to run again, or why it cannot; `asked` is the subtask on whose account it is to. */
async function termsOf(
  task: Task,
  { input, subtasks }: RetryRequest,
  ports: QueueAgainPorts,
  asked?: FinishedTask,
): Promise<Chosen> {
  if (!isFinished(task) || (task.status === 'succeeded' && (subtasks === undefined || subtasks === 'all'))) {
    return { refusal: notRetryable(task) };
  }
  const { fanOut } = task;
  if (input !== undefined || subtasks === 'all') return { task, terms: {} };
  if (fanOut === undefined) {
    return subtasks === undefined
      ? { task, terms: {} }
      : { refusal: 'the task has no subtasks: it was not fanned out' };
  }
  const isFailed = task.status !== 'succeeded';
  if (subtasks === undefined || (subtasks === 'failed' && isFailed)) {
    return { task, terms: { fanOut: { ...fanOut, again: 'failed' } } };
  }
  const lost = await lostSubtasks(task, ports);
  if (subtasks === 'failed') {
    if (lost.size === 0) return { refusal: 'the task is succeeded, and so are all of its subtasks' };
    return { task, terms: { fanOut: { ...fanOut, again: 'failed' } } };
  }
  const refusal = await choiceRefusal(task, subtasks, lost, ports, asked);
  if (refusal !== undefined) return { refusal };
  const ids = subtaskIdsOf(task);
  const places = new Set(subtasks.map((id) => ids.indexOf(id)));
  return { task, terms: { fanOut: { ...fanOut, again: [...places].toSorted((a, b) => a - b) } } };
}

/** Returns the subtasks of a task that have no output. */
async function lostSubtasks(task: FinishedTask, { store, clock }: QueueAgainPorts): Promise<ReadonlySet<TaskId>> {
  const ids = subtaskIdsOf(task);
  const found = await store.getAll(task.tenantId, ids, clock());
  const succeeded = new Set(found.filter(({ status }) => status === 'succeeded').map(({ id }) => id));
  return new Set(ids.filter((id) => !succeeded.has(id)));
}

/** Says why these subtasks alone cannot run again. */
async function choiceRefusal(
  task: FinishedTask,
  chosen: readonly TaskId[],
  lost: ReadonlySet<TaskId>,
  { fanOuts }: QueueAgainPorts,
  asked: FinishedTask | undefined,
): Promise<string | undefined> {
  const { tenantId, id, fanOut } = task;
  const ids = new Set(subtaskIdsOf(task));
  const stranger = chosen.find((one) => !ids.has(one));
  if (stranger !== undefined) return `${stranger} is none of its subtasks`;
  const done = chosen.find((one) => !lost.has(one) && one !== asked?.id);
  if (done !== undefined) return `subtask ${done} has succeeded: only a failed or cancelled one can be retried`;
  const others = [...lost].filter((one) => !chosen.includes(one));
  if (others.length === 0) return undefined;
  const record = await fanOuts.get({ tenantId, id, attempt: fanOut?.attempt ?? 0 });
  if (record?.onFailure !== 'fail') return undefined;
  const advice = `retry ${id} with "subtasks": "failed"`;
  return `${others.length} more of its subtasks have not succeeded, and it combines only once all have: ${advice}`;
}

/** Queues a task that is nobody's subtask. The row comes before the message, unlike in a submit: an ended row would refuse it. */
async function queue({ task, terms }: Link, keepUntil: number, ports: QueueAgainPorts): Promise<RetryAnswer> {
  // What still runs of it is to end: it belongs to the life before.
  await propagateEnd(task, ports);
  if (task.onEnd !== undefined) await ports.payloads.keep(task.onEnd, keepUntil);
  const now = ports.clock();
  const retry = await ports.store.retry(task.tenantId, task.id, now, nextSweep(now), terms);
  if (retry.result === 'missing') return refused('the task is not kept any more', 'not_found');
  if (retry.result === 'refused') {
    return refused(isFinished(retry.task) ? changedMeanwhile(task) : notRetryable(retry.task));
  }
  return { result: 'queued', task: retry.task };
}
