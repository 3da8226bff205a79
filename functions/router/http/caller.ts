import { compact } from '../../core/compact.ts';
import { parseTenantId } from '../../core/task/ids.ts';
import { parseScope } from '../../core/tenant/access-key.ts';
import type { TenantLimits } from '../../core/tenant/tenant-limits.ts';
import type { Caller, RouterPorts } from '../route.ts';
import { Problem } from './problem.ts';

/** Holds what API Gateway knows of a caller: what our authorizer found out of a key, or the claims of a token it has checked. */
export type Authorizer = {
  readonly lambda?:
    | {
        readonly tenantId?: string;
        readonly scopes?: string;
        readonly keyId?: string;
        readonly [limit: string]: unknown;
      }
    | null
    | undefined;
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> };
};

/** Returns the limits of a key that has any: the tasks of what it makes count against them. */
export const limitsOf = ({ limits }: Pick<Caller, 'limits'>): TenantLimits | undefined =>
  Object.keys(limits).length === 0 ? undefined : limits;

/**
 * Returns who is calling. An HTTP API answers a refused authorization with 403 and a text of its own, so the authorizer lets
 * the request pass without a tenant, and it ends here: throws the 401 that is due.
 */
export function callerOf(
  authorizer: Authorizer | undefined,
  { tenantClaim, tenantLimits }: Pick<RouterPorts, 'tenantClaim' | 'tenantLimits'>,
): Caller {
  const known =
    tenantClaim === undefined ? (authorizer?.lambda ?? {}) : callerOfToken(authorizer?.jwt?.claims ?? {}, tenantClaim);
  const { tenantId, scopes } = known;
  const subject = tenantClaim === undefined ? undefined : textClaim(authorizer?.jwt?.claims.sub);
  const tenant = parseTenantId(tenantId ?? '');
  if (tenant !== undefined) {
    return compact({
      tenantId: tenant,
      scopes: (scopes ?? '').split(' ').flatMap((scope) => parseScope(scope) ?? []),
      limits: tenantClaim === undefined ? limitsOfKey(known) : tenantLimits,
      keyId: authorizer?.lambda?.keyId,
      subject,
    });
  }
  const detail =
    tenantClaim === undefined
      ? 'the API key is not known; send it as `Authorization: Bearer <key>`'
      : `the token names no tenant: its claim ${tenantClaim} must have up to 63 lower-case letters, digits and hyphens, and an id token is none`;
  throw new Problem('unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer' } });
}

/** Reads the limits of a key; API Gateway may hand numbers over as text. */
function limitsOfKey(context: Readonly<Record<string, unknown>>): TenantLimits {
  return compact({
    ratePerSecond: positiveNumber(context.ratePerSecond),
    maxOpenTasks: positiveNumber(context.maxOpenTasks),
  });
}

const positiveNumber = (value: unknown): number | undefined => (Number(value) > 0 ? Number(value) : undefined);

/**
 * Reads the tenant of a token, and its scopes: the claim `scope` holds them with spaces between (RFC 8693, 4.2). A token that says
 * who somebody is, not what he may do, is none (API Gateway takes the id tokens of Cognito for the same audience).
 */
function callerOfToken(claims: Readonly<Record<string, unknown>>, tenantClaim: string) {
  if (claims.token_use === 'id') return {};
  return compact({ tenantId: textClaim(claims[tenantClaim]), scopes: textClaim(claims.scope) });
}

const textClaim = (claim: unknown): string | undefined => (typeof claim === 'string' ? claim : undefined);
