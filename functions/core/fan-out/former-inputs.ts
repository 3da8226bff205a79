import type { TaskId, TenantId } from '../task/ids.ts';
import type { Payload } from '../task/payload.ts';
import type { Task } from '../task/task.ts';

/** An input that a task had until a retry gave it another. */
export type FormerInput = {
  /** The last attempt before it was replaced; 0 where there was none. Of several inputs of one attempt, that was given the oldest. */
  readonly attempt: number;
  readonly input: Payload;
  /** Milliseconds since the epoch. */
  readonly replacedAt: number;
};

/** Puts the older of two first. */
export const byAge = (one: FormerInput, other: FormerInput): number =>
  one.attempt - other.attempt || one.replacedAt - other.replacedAt;

/** Keeps the inputs that retries have replaced, in the history of their tasks. */
export interface FormerInputs {
  /** Keeps the input that a task has until `keepUntil` (milliseconds since the epoch) at least; twice is as good as once. */
  add(task: Pick<Task, 'tenantId' | 'id' | 'attempt' | 'input'>, replacedAt: number, keepUntil: number): Promise<void>;
  /** Returns what a task was given before its present input, the oldest first. */
  list(tenantId: TenantId, id: TaskId): Promise<readonly FormerInput[]>;
}
