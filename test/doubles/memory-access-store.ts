import type { TenantId } from '../../functions/core/task/ids.ts';
import {
  type AccessGrant,
  type AccessStore,
  accessKeyId,
  firstPage,
  type GrantPage,
  type GrantPlace,
  inOrderOfAge,
} from '../../functions/core/tenant/access-key.ts';

export class MemoryAccessStore implements AccessStore {
  readonly grants = new Map<string, AccessGrant>();

  async find(keyHash: string): Promise<AccessGrant | undefined> {
    return this.grants.get(keyHash);
  }

  async put(keyHash: string, grant: AccessGrant): Promise<void> {
    this.grants.set(keyHash, grant);
  }

  async list(tenantId: TenantId, limit: number, after?: GrantPlace): Promise<GrantPage> {
    const behind = [...this.grants]
      .map(([keyHash, grant]) => ({ ...grant, id: accessKeyId(keyHash) }))
      .filter((grant) => grant.tenantId === tenantId)
      .filter((grant) => after === undefined || inOrderOfAge(after, grant) < 0);
    return firstPage(behind, limit);
  }

  async revoke(tenantId: TenantId, id: string): Promise<'revoked' | 'missing' | 'ambiguous'> {
    const found = [...this.grants].filter(([hash, grant]) => grant.tenantId === tenantId && accessKeyId(hash) === id);
    const [one, ...others] = found;
    if (one === undefined) return 'missing';
    if (others.length > 0) return 'ambiguous';
    this.grants.delete(one[0]);
    return 'revoked';
  }
}
