import { MAX_QUEUE_DELAY_SECONDS } from '../../contract.ts';
import type { InsertResult } from '../../core/ports.ts';
import { sendOrDefer } from '../../core/task/send-or-defer.ts';
import type { NewTask, Task } from '../../core/task/task.ts';
import type { KeyBinding } from '../../core/tenant/key-binding.ts';
import { NOTHING_KEPT, orUnavailable } from '../http/problem.ts';
import type { RouterPorts } from '../route.ts';
import { checkSameSubmit, deletedJustNow, followHolder } from './submit-key.ts';

/** Names the task that a submit stands for: its own, or the first one of its idempotency key. */
export type Acceptance = { readonly task: Task; readonly isReplay: boolean };

/** Returns the whole seconds until a task's message may be delivered. */
export const queueDelayOf = ({ runAt, createdAt }: NewTask): number =>
  runAt === undefined ? 0 : Math.max(0, Math.ceil((runAt - createdAt) / 1000));

/** Returns whether SQS itself can hold the message back so long. What is due later is sent by the sweeper. */
export const fitsQueue = (task: NewTask): boolean => queueDelayOf(task) <= MAX_QUEUE_DELAY_SECONDS;

/** Sends first: once the message is there the task will run, whatever becomes of its row. */
export async function accept(task: NewTask, isKeyed: boolean, ports: RouterPorts): Promise<Acceptance> {
  const isSent = fitsQueue(task) && (await sendOrDefer(task, queueDelayOf(task), ports));
  return recordAcceptance(task, isKeyed, isSent, ports);
}

/**
 * Writes the row of a task whose message `isSent`, or that the sweeper has to send: the table of "Submit" in the design.
 * Throws the problem to answer with.
 */
export async function recordAcceptance(
  task: NewTask,
  isKeyed: boolean,
  isSent: boolean,
  ports: RouterPorts,
): Promise<Acceptance> {
  const insert = await insertRow(task, isKeyed, isSent, ports);
  // Its message is no more than one of the task that was.
  if (insert.result === 'deleted') throw deletedJustNow(insert.freeAt, task.createdAt);
  if (insert.result === 'bound') return acceptBound(insert.binding, task, ports);
  const found = insert.result === 'exists' ? insert.task : task;
  checkSameSubmit(found, task);
  // Without a key the id is nobody else's. A row with an attempt may be ours as well, claimed before our insert.
  const isReplay = isKeyed && found !== task && (found.attempt === 0 || found.createdAt !== task.createdAt);
  return { task: found, isReplay };
}

const MAY_RUN = 'the task may run, and what it is cannot be kept: submit it with the same Idempotency-Key';

/**
 * Writes the row of a task. A key stands for one submit by its row: as long as there is none, another submit could take it,
 * and be accepted too. So without its row a submit with a key is not accepted, though it may run. Sending it again is safe,
 * and makes sure.
 */
async function insertRow(
  task: NewTask,
  isKeyed: boolean,
  isSent: boolean,
  { store, log }: RouterPorts,
): Promise<InsertResult> {
  if (isSent && isKeyed) return orUnavailable(store.insert(task), MAY_RUN);
  if (!isSent) return orUnavailable(store.insert(task, task.runAt ?? task.createdAt), NOTHING_KEPT);
  try {
    return await store.insert(task);
  } catch (error) {
    // The task is queued and will run: its claim writes the row.
    log('warn', 'row not written: the claim will write it', { task_id: task.id, reason: String(error) });
    return { result: 'inserted' };
  }
}

/** Accepts a submit whose key another one has bound by then. What was sent of it does not run, since its claim loses. */
async function acceptBound(binding: KeyBinding, task: NewTask, ports: RouterPorts): Promise<Acceptance> {
  const keyed = await followHolder(binding, task, ports);
  if ('earlier' in keyed) return { task: keyed.earlier, isReplay: true };
  return accept({ ...task, id: keyed.id }, true, ports);
}
