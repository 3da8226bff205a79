import type { TaskId, TenantId } from '../task/ids.ts';

/** Something that is kept of what has happened to a task: an attempt, or an input that it had before. */
export type HistoryEntry = {
  readonly key: string;
  /** The payload that it refers to. */
  readonly ref?: string;
};

/** Knows all that is kept of what has happened to tasks, whatever it says. */
export interface TaskHistory {
  entries(tenantId: TenantId, taskId: TaskId): Promise<readonly HistoryEntry[]>;
  /** Removes entries; what is not there is no fault. */
  remove(tenantId: TenantId, taskId: TaskId, entries: readonly HistoryEntry[]): Promise<void>;
}
