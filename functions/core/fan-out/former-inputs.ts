import type { TaskId, TenantId } from '../task/ids.ts';
import type { Payload } from '../task/payload.ts';
import type { Task } from '../task/task.ts';

/** An input that a task had until a retry gave it another. */
export type FormerInput = {
  /** The last attempt that was, or could have been, given it; 0 where none was. */
  readonly attempt: number;
  readonly input: Payload;
  /** Milliseconds since the epoch. */
  readonly replacedAt: number;
};

/** Keeps the inputs that retries have replaced, in the history of their tasks. */
export interface FormerInputs {
  /** Keeps the input that a task has until `keepUntil` (milliseconds since the epoch) at least; twice is as good as once. */
  add(task: Pick<Task, 'tenantId' | 'id' | 'attempt' | 'input'>, replacedAt: number, keepUntil: number): Promise<void>;
  /** Returns what a task was given before its present input, the oldest first. */
  list(tenantId: TenantId, id: TaskId): Promise<readonly FormerInput[]>;
}
