import { formerShardsOf, newTableShardOf } from '../../core/lane/routing.ts';
import { isSameSubmit, type SubmitTerms } from '../../core/task/fingerprint.ts';
import { type TaskId, type TenantId, taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import type { Task } from '../../core/task/task.ts';
import { isBinding, type KeyBinding, type KeyHolder, keyFreeAt } from '../../core/tenant/key-binding.ts';
import { NOTHING_KEPT, orUnavailable, Problem } from '../http/problem.ts';
import type { RouterPorts } from '../route.ts';

/** The idempotency key of a submit, and after how many seconds it is free again: not while its task is kept, unless given. */
export type SubmitKey = { readonly key: string; readonly ttlSeconds?: number | undefined };

/** What a submit's key says of its task: that an earlier one made it, or the id that it is to have. */
export type KeyedTask = { readonly earlier: Task } | { readonly id: TaskId };

type KeyedSubmit = SubmitTerms & { readonly id: TaskId; readonly tenantId: TenantId; readonly createdAt: number };

/** Returns the id that derives from a key in one shard of the task table. */
const idOfKey = (tenantId: TenantId, key: string, shard: number): TaskId =>
  taskIdOf(uniqueFromKey(tenantId, key), shard);

/** Returns the shard of the task table where a tenant's keys are. */
const homeOf = (tenantId: TenantId, { tableShards }: RouterPorts): number =>
  newTableShardOf({ tenantId }, true, tableShards);

/** Finds what a key stands for in the shards of the task table where it may be: `homes`, the likeliest first. */
async function findHolder(
  key: string,
  tenantId: TenantId,
  homes: readonly number[],
  { store, clock }: RouterPorts,
): Promise<KeyHolder | undefined> {
  for (const shard of homes) {
    const id = idOfKey(tenantId, key, shard);
    const found = await orUnavailable(store.getByKey(tenantId, id, clock()), NOTHING_KEPT);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the task that a key stands for, where that has been made. */
export async function findByKey(key: string, tenantId: TenantId, ports: RouterPorts): Promise<Task | undefined> {
  const homes = [homeOf(tenantId, ports), ...formerShardsOf(tenantId, ports.tableShards)];
  const holder = await findHolder(key, tenantId, homes, ports);
  return holder && taskOf(holder, ports);
}

/**
 * Settles which task the key of a submit stands for, before anything is sent. A key with an end is bound to the submit's task
 * unless it stands for one already. One without an end needs no write: the insert finds what stands in its place, except in
 * the tables that were its home while there were fewer of them. Throws the problem of a key that belongs to another submit.
 */
export async function resolveKey(
  submit: KeyedSubmit,
  submitKey: SubmitKey | undefined,
  ports: RouterPorts,
): Promise<KeyedTask> {
  if (submitKey === undefined) return { id: submit.id };
  const { key, ttlSeconds } = submitKey;
  const { tenantId, createdAt, fingerprint, priority, timeoutSeconds, maxAttempts } = submit;
  const former = await findHolder(key, tenantId, formerShardsOf(tenantId, ports.tableShards), ports);
  if (former !== undefined) return followHolder(former, submit, ports);
  if (ttlSeconds === undefined) return { id: submit.id };
  const binding: KeyBinding = {
    tenantId,
    keyId: idOfKey(tenantId, key, homeOf(tenantId, ports)),
    taskId: submit.id,
    fingerprint,
    priority,
    timeoutSeconds,
    maxAttempts,
    freeAt: keyFreeAt(createdAt, ttlSeconds),
  };
  const bound = await orUnavailable(ports.store.bindKey(binding, createdAt), NOTHING_KEPT);
  if (bound.result === 'inserted') return { id: submit.id };
  if (bound.result === 'deleted') throw deletedJustNow(bound.freeAt, createdAt);
  return followHolder(bound.result === 'bound' ? bound.binding : bound.task, submit, ports);
}

/**
 * Follows a key to its task. Where a submit has bound the key and not made the task, it is under way or has failed half way:
 * the task may run all the same, so that a repeated submit makes the very same.
 */
export async function followHolder(holder: KeyHolder, submit: KeyedSubmit, ports: RouterPorts): Promise<KeyedTask> {
  checkSameSubmit(holder, submit);
  const earlier = await taskOf(holder, ports);
  if (earlier !== undefined) return { earlier };
  return { id: isBinding(holder) ? holder.taskId : holder.id };
}

async function taskOf(holder: KeyHolder, { store, clock }: RouterPorts): Promise<Task | undefined> {
  if (!isBinding(holder)) return holder;
  return orUnavailable(store.get(holder.tenantId, holder.taskId, clock()), NOTHING_KEPT);
}

/** Makes the problem of a key whose task is being deleted: what that has kept may still go, under the names that this submit gives. */
export const deletedJustNow = (freeAt: number, now: number): Problem =>
  new Problem('unavailable', 'the task of this Idempotency-Key was deleted just now: try again', {
    headers: { 'retry-after': String(Math.max(1, Math.ceil((freeAt - now) / 1000))) },
  });

/** Throws the problem of a key that belongs to another submit. */
export function checkSameSubmit(holder: KeyHolder, submit: SubmitTerms): void {
  if (isSameSubmit(holder, submit)) return;
  const { taskId } = isBinding(holder) ? holder : { taskId: holder.id };
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another submit: task ${taskId}`);
}
