import { type AccessGrant, accessKeyId, hashAccessKey, SCOPES } from '../../functions/core/tenant/access-key.ts';
import { tenant } from './task-seed.ts';
import type { World } from './world.ts';

type KeyTerms = Partial<Omit<AccessGrant, 'tenantId'>> & { readonly tenantId?: string };

let count = 0;

/** Grants a key to a tenant of the world, and says what the authorizer would tell of it. */
export async function aKey({ ports, now }: World, { tenantId = 'acme', scopes = SCOPES, ...terms }: KeyTerms = {}) {
  const keyHash = hashAccessKey(`key ${++count}`);
  await ports.access.put(keyHash, { tenantId: tenant(tenantId), scopes, name: 'ci', createdAt: now, ...terms });
  const id = accessKeyId(keyHash);
  return { id, keyHash, caller: { tenantId, scopes: scopes.join(' '), keyId: id } };
}
