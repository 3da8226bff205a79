import { type AccessStore, accessKeyId, hashAccessKey, isAccessKey } from '../core/tenant/access-key.ts';
import type { TenantLimits } from '../core/tenant/tenant-limits.ts';

/** Tells the router of the caller: nothing, where the key is not known. API Gateway carries only plain values. */
export type AuthorizerContext =
  | ({ readonly tenantId: string; readonly scopes: string; readonly keyId: string } & TenantLimits)
  | Record<string, never>;

const BEARER = /^Bearer +(\S+)$/i;

/** Finds whose key an `Authorization` header carries. Only the key's hash is ever looked up. */
export async function authorize(
  authorization: string | undefined,
  access: Pick<AccessStore, 'find'>,
): Promise<AuthorizerContext> {
  const key = BEARER.exec(authorization ?? '')?.[1];
  if (key === undefined || !isAccessKey(key)) return {};
  const keyHash = hashAccessKey(key);
  const grant = await access.find(keyHash);
  if (grant === undefined) return {};
  const { tenantId, scopes, limits } = grant;
  return { tenantId, scopes: scopes.join(' '), keyId: accessKeyId(keyHash), ...limits };
}
