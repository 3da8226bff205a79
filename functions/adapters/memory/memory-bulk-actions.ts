import {
  type BulkAction,
  type BulkActionStore,
  type BulkProgress,
  type KeptBulkAction,
  NO_PROGRESS,
} from '../../core/bulk-action/bulk-action.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';

/** Bulk actions in memory. */
export class MemoryBulkActions implements BulkActionStore {
  readonly #rows = new Map<string, KeptBulkAction>();

  async create(action: BulkAction): Promise<KeptBulkAction | 'created'> {
    const found = this.#rows.get(keyOf(action));
    if (found !== undefined) return found;
    this.#rows.set(keyOf(action), { action, progress: NO_PROGRESS });
    return 'created';
  }

  async get(tenantId: TenantId, id: TaskId): Promise<KeptBulkAction | undefined> {
    return this.#rows.get(keyOf({ tenantId, id }));
  }

  async getAll(tenantId: TenantId, ids: readonly TaskId[]): Promise<readonly KeptBulkAction[]> {
    return ids.flatMap((id) => this.#rows.get(keyOf({ tenantId, id })) ?? []);
  }

  async save(action: BulkAction, progress: BulkProgress): Promise<'saved' | 'lost'> {
    if (this.#rows.get(keyOf(action))?.progress.revision !== progress.revision - 1) return 'lost';
    this.#rows.set(keyOf(action), { action, progress });
    return 'saved';
  }
}

const keyOf = ({ tenantId, id }: { readonly tenantId: TenantId; readonly id: TaskId }): string => `${tenantId}#${id}`;
