import * as z from 'zod';
import { parsePlace } from '../../core/audit/audit.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import {
  invalidQuery,
  pageOf,
  pageParameters,
  pageShape,
  parseQuery,
  placeBehind,
  queryParameter,
  selectFields,
} from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import { timeSchema } from '../http/time-schema.ts';
import type { Route } from '../route.ts';
import { nameSchema } from '../routes/task-view.ts';

const DAY = 86_400_000;
const DEFAULT_DAYS = 30;

const querySchema = once(() => {
  const time = timeSchema().optional();
  return z.strictObject({
    from: time,
    to: time,
    actor: nameSchema(200).optional(),
    action: nameSchema(64).optional(),
    ...pageShape(),
  });
});
const field = selectFields(querySchema);

const actSchema = once(() =>
  z
    .strictObject({
      time: z.iso.datetime(),
      actor: z.strictObject({
        kind: z.enum(['key', 'token']),
        id: z.string().describe('The id of the key, as `GET /api/keys` has it, or the subject of the token'),
      }),
      action: z.string().describe('The `operationId` of the call'),
      resource: z.string().describe('What it was about: the path below `/api/`, or that of what it made'),
      outcome: z.int().describe('The status of the answer'),
      requestId: z.string(),
    })
    .meta({ id: 'Act' }),
);

export const listAudit: Route = {
  operationId: 'listAudit',
  summary: 'List who did what as an operator or administrator, the latest first',
  parameters: [
    queryParameter('from', `From this time on; ${DEFAULT_DAYS} days before \`to\` unless given`, field('from')),
    queryParameter('to', 'Before this time; now unless given', field('to')),
    queryParameter('actor', 'Only what this key, by its id, or this subject of a token did', field('actor')),
    queryParameter('action', 'Only calls of this `operationId`', field('action')),
    ...pageParameters,
  ],
  response: {
    status: 200,
    description:
      'Each call that changed something of the tenant, or was to, by a key with `operate`, `admin` or `platform`',
    schema: () => pageOf(actSchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const { limit, cursor, actor, action, ...range } = parseQuery(querySchema(), request);
    const { to = ports.clock() } = range;
    const { from = Math.max(0, to - DEFAULT_DAYS * DAY) } = range;
    if (from >= to) throw invalidQuery([{ field: '/from', message: 'must be before `to`' }]);
    const after = placeBehind(cursor, (text) => parsePlace(Buffer.from(text, 'base64url').toString()));
    const query = compact({ tenantId, from, to, actor, action, limit, after });
    const { acts, next } = await orUnavailable(ports.audit.list(query));
    return {
      status: 200,
      body: {
        items: acts.map(({ time, ...act }) => ({ time: isoTime(time), ...act })),
        nextCursor: next === undefined ? null : Buffer.from(next).toString('base64url'),
      },
    };
  },
};
