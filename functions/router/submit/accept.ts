import { MAX_QUEUE_DELAY_SECONDS } from '../../contract.ts';
import { formerShardsOf } from '../../core/lane/routing.ts';
import type { InsertResult } from '../../core/ports.ts';
import { isSameSubmit } from '../../core/task/fingerprint.ts';
import { type TenantId, taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import type { NewTask, Task } from '../../core/task/task.ts';
import { NOTHING_KEPT, orUnavailable, Problem } from '../http/problem.ts';
import type { RouterPorts } from '../route.ts';

/** Names the task that a submit stands for: its own, or the first one of its idempotency key. */
export type Acceptance = { readonly task: Task; readonly isReplay: boolean };

/** Returns the whole seconds until a task's message may be delivered. */
export const queueDelayOf = ({ runAt, createdAt }: NewTask): number =>
  runAt === undefined ? 0 : Math.max(0, Math.ceil((runAt - createdAt) / 1000));

/** Returns whether SQS itself can hold the message back so long. What is due later is sent by the sweeper. */
export const fitsQueue = (task: NewTask): boolean => queueDelayOf(task) <= MAX_QUEUE_DELAY_SECONDS;

/** Finds the task of an idempotency key in the shards of the task table where it may be: `homes`, the likeliest first. */
export async function findByKey(
  idempotencyKey: string,
  tenantId: TenantId,
  homes: readonly number[],
  { store, clock }: RouterPorts,
): Promise<Task | undefined> {
  for (const shard of homes) {
    const id = taskIdOf(uniqueFromKey(tenantId, idempotencyKey), shard);
    const found = await orUnavailable(store.get(tenantId, id, clock()), NOTHING_KEPT);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Finds the task that an earlier submit of the same key has made while there were fewer tables; the insert finds one in the
 * present table. Throws the problem of a key that belongs to another submit.
 */
export async function findEarlier(
  task: NewTask,
  idempotencyKey: string | undefined,
  ports: RouterPorts,
): Promise<Acceptance | undefined> {
  if (idempotencyKey === undefined) return undefined;
  const formerHomes = formerShardsOf(task.tenantId, ports.tableShards);
  const found = await findByKey(idempotencyKey, task.tenantId, formerHomes, ports);
  return found && { task: sameSubmit(found, task), isReplay: true };
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
  const found = insert.result === 'exists' ? sameSubmit(insert.task, task) : task;
  // Without a key the id is nobody else's. A row with an attempt may be ours as well, claimed before our insert.
  const isReplay = isKeyed && found !== task && (found.attempt === 0 || found.createdAt !== task.createdAt);
  if (!isReplay) ports.meter.record(task.executorKey, 'accepted', 1);
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

/** Returns the task that was found. Throws where it is of another submit than `task`. */
function sameSubmit(found: Task, task: NewTask): Task {
  if (isSameSubmit(found, task)) return found;
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another submit: task ${found.id}`);
}
