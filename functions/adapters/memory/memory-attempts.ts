import type { HistoryEntry } from '../../core/deletion/task-history.ts';
import type { AttemptRecord, AttemptStore } from '../../core/task/attempt-record.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import type { HistoryPart } from './memory-task-history.ts';

/** Records of attempts in memory. */
export class MemoryAttemptStore implements AttemptStore, HistoryPart {
  readonly #records = new Map<string, Map<number, AttemptRecord>>();

  async put(task: Parameters<AttemptStore['put']>[0], record: AttemptRecord): Promise<void> {
    const records = this.#records.get(keyOf(task)) ?? new Map();
    this.#records.set(keyOf(task), records.set(record.number, structuredClone(record)));
  }

  async latest(task: Parameters<AttemptStore['latest']>[0], most: number): Promise<AttemptRecord[]> {
    const records = [...(this.#records.get(keyOf(task))?.values() ?? [])];
    return records.toSorted((a, b) => a.number - b.number).slice(-most);
  }

  entries(tenantId: TenantId, id: TaskId): HistoryEntry[] {
    return [...(this.#records.get(keyOf({ tenantId, id }))?.keys() ?? [])].map((number) => ({ key: entryOf(number) }));
  }

  forget(tenantId: TenantId, id: TaskId, key: string): void {
    const records = this.#records.get(keyOf({ tenantId, id }));
    for (const number of records?.keys() ?? []) if (entryOf(number) === key) records?.delete(number);
  }
}

const keyOf = ({ tenantId, id }: Parameters<AttemptStore['put']>[0]): string => `${tenantId}#${id}`;
const entryOf = (number: number): string => `attempt#${number}`;
