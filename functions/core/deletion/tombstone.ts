import { LANE_RETENTION_DAYS } from '../../contract.ts';
import { UNKEYED } from '../task/fingerprint.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import type { FanOutState, FinishedTask, Task } from '../task/task.ts';
import type { KeyHolder } from '../tenant/key-binding.ts';

/** Says where the parts of a deleted task are that are not in its row. */
export type Remains = {
  /** Its id derives from an idempotency key, or is bound to one, and may be that of a task again. */
  readonly isKeyed: boolean;
  readonly attempt: number;
  /** The last attempt has succeeded, and so was not fanned out. */
  readonly isSucceeded: boolean;
  readonly fanOut?: FanOutState;
  /** The payloads that its row refers to. */
  readonly refs: readonly string[];
};

/** Stands in the place of a task that was deleted: a message of it that comes late would make it anew. */
export type Tombstone = {
  readonly tenantId: TenantId;
  readonly id: TaskId;
  /** When its deletion began, or was taken up again, in milliseconds since the epoch: it names who is at work on it. */
  readonly deletedAt: number;
  /** A task that is submitted then or later may take the place; a whole second. */
  readonly freeAt: number;
  /** What is still to be removed; missing where all is. */
  readonly remains?: Remains;
};

/** What stands in the place of an id. */
export type IdHolder = KeyHolder | Tombstone;

export const isTombstone = (holder: IdHolder): holder is Tombstone => 'deletedAt' in holder;

export type BegunDeletion =
  | { readonly result: 'begun'; readonly tombstone: Tombstone & { readonly remains: Remains } }
  /** It has not ended. */
  | { readonly result: 'refused'; readonly task: Task }
  | { readonly result: 'missing' };

/** Deletes rows of tasks, under the condition that they have ended. */
export interface TaskDeletions {
  /** Puts a tombstone in the place of a task that has ended, or takes up a deletion that was not finished. */
  begin(tenantId: TenantId, taskId: TaskId, now: number): Promise<BegunDeletion>;
  /** Notes that all is removed, unless somebody else has taken up the deletion since. */
  finish(tombstone: Tombstone, now: number): Promise<void>;
}

/** A deletion that has died keeps an idempotency key so long; a request that deletes is over by then. */
const DELETION_MILLISECONDS = 60_000;

/** A lane and its dead letters may keep a message so long that was sent while the task was there, and SQS delays it by 15 minutes. */
const TOMBSTONE_DAYS = LANE_RETENTION_DAYS + 2;

/** Returns until when a tombstone has to be there. */
export const tombstoneKeptUntil = ({ deletedAt }: Pick<Tombstone, 'deletedAt'>): number =>
  deletedAt + TOMBSTONE_DAYS * 86_400_000;

/** Returns the next whole second: a task that was there at `time` was not submitted then. */
const nextSecond = (time: number): number => (Math.floor(time / 1000) + 1) * 1000;

/** Makes the tombstone of a task. Without an idempotency key its id is never to be that of another. */
export function tombstoneOf(task: FinishedTask, now: number): Tombstone & { readonly remains: Remains } {
  const { tenantId, id, fingerprint, attempt, fanOut, input, onEnd } = task;
  const isSucceeded = task.status === 'succeeded';
  const payloads = [input, onEnd, task.status === 'succeeded' ? task.output : undefined];
  const isKeyed = fingerprint !== UNKEYED;
  const remains = {
    isKeyed,
    attempt,
    isSucceeded,
    ...(fanOut && { fanOut }),
    refs: payloads.flatMap((payload) => (payload !== undefined && 'ref' in payload ? [payload.ref] : [])),
  };
  const freeAt = isKeyed ? now + DELETION_MILLISECONDS : tombstoneKeptUntil({ deletedAt: now });
  return { tenantId, id, deletedAt: now, freeAt: nextSecond(freeAt), remains };
}

/** Makes the tombstone of somebody who takes up a deletion that was not finished. */
export const takenUp = <Some extends Tombstone>(tombstone: Some, now: number): Some => ({
  ...tombstone,
  deletedAt: now,
  freeAt: Math.max(tombstone.freeAt, nextSecond(now + DELETION_MILLISECONDS)),
});

/** Makes the tombstone of a task of which nothing is left. A key that it had is free from then on. */
export const withoutRemains = ({ remains, ...tombstone }: Tombstone, now: number): Tombstone =>
  remains?.isKeyed ? { ...tombstone, freeAt: nextSecond(now) } : tombstone;
