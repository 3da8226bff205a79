import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type GrantPlace, type ListedGrant, SCOPES } from '../../core/tenant/access-key.ts';
import { pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';

/** Describes a key as the API shows it: what it may do, and nothing that it could be told by. */
export const keySchema = once(() =>
  z
    .strictObject({
      id: z.string().describe('Names the key where it may not be seen: the first 12 digits of its SHA-256'),
      tenantId: z.string(),
      name: z.string(),
      scopes: z.array(z.enum(SCOPES)),
      ratePerSecond: z.number().optional().describe('Tasks that may be submitted a second; missing where not limited'),
      maxOpenTasks: z.number().optional().describe('Tasks that may be under way; missing where not limited'),
      createdAt: z.iso.datetime(),
      isCaller: z.boolean().describe('Whether it is the key that asks'),
    })
    .meta({ id: 'Key' }),
);

const keyView = (grant: ListedGrant, { keyId }: Caller): z.infer<ReturnType<typeof keySchema>> => {
  const { id, tenantId, name, scopes, limits, createdAt } = grant;
  return {
    id,
    tenantId,
    name,
    scopes: SCOPES.filter((scope) => scopes.includes(scope)),
    ...limits,
    createdAt: isoTime(createdAt),
    isCaller: id === keyId,
  };
};

const querySchema = once(() => z.strictObject(pageShape()));

export const listKeys: Route = {
  operationId: 'listKeys',
  summary: "List the tenant's keys; a key itself is shown only where it is made",
  parameters: pageParameters,
  response: {
    status: 200,
    description: 'A page, the oldest first; the last where nextCursor is null',
    schema: () => pageOf(keySchema()),
  },
  problems: ['invalid_request', 'not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { limit, cursor } = parseQuery(querySchema(), request);
    const after = placeBehind(cursor, parseCursor);
    const { grants, next } = await orUnavailable(accessOf(ports).list(caller.tenantId, limit, after));
    return {
      status: 200,
      body: {
        items: grants.map((grant) => keyView(grant, caller)),
        nextCursor: next === undefined ? null : `${next.createdAt}-${next.id}`,
      },
    };
  },
};

function parseCursor(cursor: string): GrantPlace | undefined {
  const [, createdAt, id] = /^(\d{1,15})-([0-9a-f]{12})$/.exec(cursor) ?? [];
  return id === undefined ? undefined : { createdAt: Number(createdAt), id };
}

/** Returns the keys of a deployment. Throws the problem of one whose callers come with tokens: what its table has opens nothing. */
export function accessOf({ access, tenantClaim }: RouterPorts): RouterPorts['access'] {
  if (tenantClaim === undefined) return access;
  throw new Problem('not_found', 'this deployment has no keys: its callers come with tokens of their issuer');
}
