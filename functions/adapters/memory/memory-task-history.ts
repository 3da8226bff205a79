import type { HistoryEntry, TaskHistory } from '../../core/deletion/task-history.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';

/** Keeps in memory that something has happened to tasks. */
export class MemoryTaskHistory implements TaskHistory {
  readonly #entries = new Map<string, readonly HistoryEntry[]>();

  put(tenantId: TenantId, taskId: TaskId, entries: readonly HistoryEntry[]): void {
    this.#entries.set(`${tenantId}#${taskId}`, entries);
  }

  async entries(tenantId: TenantId, taskId: TaskId): Promise<readonly HistoryEntry[]> {
    return this.#entries.get(`${tenantId}#${taskId}`) ?? [];
  }

  async remove(tenantId: TenantId, taskId: TaskId, entries: readonly HistoryEntry[]): Promise<void> {
    const left = (await this.entries(tenantId, taskId)).filter(({ key }) => !entries.some((one) => one.key === key));
    this.put(tenantId, taskId, left);
  }
}
