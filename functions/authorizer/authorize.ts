import { type AccessStore, hashAccessKey, isAccessKey } from '../core/tenant/access-key.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';

/** Tells the router of the caller: nothing, where the key is not known. API Gateway carries only plain values. */
export type AuthorizerContext =
  | ({ readonly tenantId: string; readonly scopes: string } & TenantLimits)
  | Record<string, never>;

const BEARER = /^Bearer +(\S+)$/i;

/** Finds whose key an `Authorization` header carries. Only the key's hash is ever looked up. */
export async function authorize(
  authorization: string | undefined,
  access: Pick<AccessStore, 'find'>,
): Promise<AuthorizerContext> {
  const key = BEARER.exec(authorization ?? '')?.[1];
  const grant = key === undefined || !isAccessKey(key) ? undefined : await access.find(hashAccessKey(key));
  return grant === undefined ? {} : { tenantId: grant.tenantId, scopes: grant.scopes.join(' '), ...grant.limits };
}
