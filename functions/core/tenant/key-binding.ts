import { LANE_RETENTION_DAYS } from '../../contract.ts';
import type { SubmitTerms } from '../task/fingerprint.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import type { Task } from '../task/task.ts';

/**
 * Binds an idempotency key to a task for a time. A key without an end needs none: its task has the id that derives from the
 * key. A binding has the place of that id, so that only one of the two can be there.
 */
export type KeyBinding = SubmitTerms & {
  readonly tenantId: TenantId;
  /** The id that derives from the key. */
  readonly keyId: TaskId;
  /** The task that the key stands for; it may not have been made yet. */
  readonly taskId: TaskId;
  /** From then on the key is free, in milliseconds since the epoch. */
  readonly freeAt: number;
};

/** What an idempotency key stands for. */
export type KeyHolder = Task | KeyBinding;

export const isBinding = (holder: KeyHolder): holder is KeyBinding => 'keyId' in holder;

/** Returns when a key is free again; a whole second, since the table tells no smaller time of a row's end. */
export const keyFreeAt = (createdAt: number, ttlSeconds: number): number =>
  (Math.ceil(createdAt / 1000) + ttlSeconds) * 1000;

/**
 * Returns until when a binding has to be there: a submit that has lost to it may have sent a message, which its lane keeps for
 * a while and which must not run.
 */
export const bindingKeptUntil = ({ freeAt }: KeyBinding): number => freeAt + (LANE_RETENTION_DAYS + 1) * 86_400_000;
