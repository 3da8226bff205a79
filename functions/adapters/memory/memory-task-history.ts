import type { HistoryEntry, TaskHistory } from '../../core/deletion/task-history.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';

/** Keeps some of what has happened to tasks. */
export type HistoryPart = {
  entries(tenantId: TenantId, taskId: TaskId): readonly HistoryEntry[];
  forget(tenantId: TenantId, taskId: TaskId, key: string): void;
};

/** Knows all that is kept in memory of what has happened to tasks. */
export class MemoryTaskHistory implements TaskHistory {
  readonly #parts: readonly HistoryPart[];

  constructor(parts: readonly HistoryPart[]) {
    this.#parts = parts;
  }

  async entries(tenantId: TenantId, taskId: TaskId): Promise<readonly HistoryEntry[]> {
    return this.#parts.flatMap((part) => part.entries(tenantId, taskId));
  }

  async remove(tenantId: TenantId, taskId: TaskId, entries: readonly HistoryEntry[]): Promise<void> {
    for (const { key } of entries) for (const part of this.#parts) part.forget(tenantId, taskId, key);
  }
}
