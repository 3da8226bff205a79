import * as z from 'zod';
import { AUTHORIZER_CACHE_SECONDS } from '../../contract.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { accessOf } from './list-keys.ts';

export const revokeKey: Route = {
  operationId: 'revokeKey',
  summary: 'Revoke a key of the tenant; not the one that calls, so that a slip shuts nobody out',
  parameters: [
    {
      in: 'path',
      name: 'id',
      required: true,
      description: "The key's id, as the list has it",
      schema: () => z.string(),
    },
  ],
  response: {
    status: 200,
    description: `It is revoked, and may be let in for ${AUTHORIZER_CACHE_SECONDS} s yet`,
    schema: () => z.strictObject({ id: z.string() }),
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle({ parameters }, { tenantId, keyId }, ports) {
    const id = parameters.id ?? '';
    const access = accessOf(ports);
    if (id === keyId) {
      throw new Problem(
        'invalid_status',
        'this is the key that calls: revoke it with another, or by `millrace keys revoke`',
      );
    }
    const result = await orUnavailable(access.revoke(tenantId, id));
    if (result === 'missing') throw new Problem('not_found', 'there is no such key');
    if (result === 'ambiguous') {
      throw new Problem(
        'invalid_status',
        'several keys have this id: delete the one that is meant in the table of keys',
      );
    }
    ports.log('info', 'key revoked', { tenant: tenantId, key_id: id, by_key_id: keyId ?? null });
    return { status: 200, body: { id } };
  },
};
