import type { AttemptRecord, AttemptStore } from '../../core/task/attempt-record.ts';

/** Records of attempts in memory. */
export class MemoryAttemptStore implements AttemptStore {
  readonly #records = new Map<string, Map<number, AttemptRecord>>();

  async put(task: Parameters<AttemptStore['put']>[0], record: AttemptRecord): Promise<void> {
    const records = this.#records.get(keyOf(task)) ?? new Map();
    this.#records.set(keyOf(task), records.set(record.number, structuredClone(record)));
  }

  async latest(task: Parameters<AttemptStore['latest']>[0], most: number): Promise<AttemptRecord[]> {
    const records = [...(this.#records.get(keyOf(task))?.values() ?? [])];
    return records.toSorted((a, b) => a.number - b.number).slice(-most);
  }
}

const keyOf = ({ tenantId, id }: Parameters<AttemptStore['put']>[0]): string => `${tenantId}#${id}`;
