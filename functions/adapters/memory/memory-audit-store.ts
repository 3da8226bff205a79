import {
  type Act,
  type AuditPage,
  type AuditQuery,
  type AuditStore,
  isAskedFor,
  placeOf,
} from '../../core/audit/audit.ts';
import type { TenantId } from '../../core/task/ids.ts';

/** Keeps acts in memory. */
export class MemoryAuditStore implements AuditStore {
  readonly #acts = new Map<string, { readonly tenantId: TenantId; readonly act: Act }>();

  async record(tenantId: TenantId, act: Act): Promise<void> {
    this.#acts.set(`${tenantId} ${placeOf(act)}`, { tenantId, act });
  }

  async list({ tenantId, from, to, limit, after, ...asked }: AuditQuery): Promise<AuditPage> {
    const fitting = [...this.#acts.values()]
      .filter((one) => one.tenantId === tenantId)
      .map(({ act }) => act)
      .filter((act) => act.time >= from && act.time < to && isAskedFor(act, asked))
      .filter((act) => after === undefined || placeOf(act) < after)
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1));
    const acts = fitting.slice(0, limit);
    const last = acts.at(-1);
    return last === undefined || fitting.length <= limit ? { acts } : { acts, next: placeOf(last) };
  }
}
