import type { TaskId, TenantId } from '../../functions/core/task/ids.ts';
import type { TagEntry, TagIndex, TagWrite } from '../../functions/core/task/tag-index.ts';

/** Lists tasks by their tags in a map. */
export class MemoryTagIndex implements TagIndex {
  readonly #entries = new Map<string, TagEntry>();
  /** Counts what was written so far. */
  writes = 0;

  async write(writes: readonly TagWrite[]): Promise<void> {
    this.writes += writes.length;
    for (const { entry, isListed } of writes) {
      if (isListed) this.#entries.set(JSON.stringify(entry), entry);
      else this.#entries.delete(JSON.stringify(entry));
    }
  }

  /** Counts the entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Returns the tasks that are listed under a tag. */
  idsOf(tenantId: TenantId, tag: string): TaskId[] {
    return [...this.#entries.values()]
      .filter((one) => one.tenantId === tenantId && one.tag === tag)
      .map(({ id }) => id);
  }
}
