import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { fingerprintOf } from '../../core/task/fingerprint.ts';
import { uniqueFromKey } from '../../core/task/ids.ts';
import { targetOf } from '../../core/webhook/end-target.ts';
import { secretOf } from '../../core/webhook/signature.ts';
import {
  MAX_WEBHOOK_TYPES,
  MAX_WEBHOOKS,
  type Webhook,
  type WebhookId,
  webhookIdOf,
} from '../../core/webhook/webhook.ts';
import { parseBody } from '../http/body.ts';
import { type FieldError, fieldErrors, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Request, Route, RouterPorts } from '../route.ts';
import { nameSchema, onEndSchema } from '../routes/task-view.ts';
import { urlErrors } from '../submit/on-end.ts';
import { idempotencyKeyOf, idempotencyKeyParameter } from '../submit/submit-schema.ts';
import { changeWebhooks, madeWebhookSchema, webhookView } from './webhook-view.ts';

const bodySchema = once(() =>
  z.strictObject({
    ...onEndSchema().shape,
    types: z
      .array(z.string().min(1))
      .min(1)
      .max(MAX_WEBHOOK_TYPES)
      .optional()
      .describe('Of tasks of these types, subtasks among them; unless given, of all tasks that are no subtasks'),
    name: nameSchema(128).optional().describe('For people'),
  }),
);

export const createWebhook: Route = {
  operationId: 'createWebhook',
  summary: 'Have the ends of tasks told to a URL',
  parameters: [idempotencyKeyParameter],
  requestBody: bodySchema,
  response: {
    status: 201,
    description: 'The webhook, and its secret, which is shown to no other request',
    schema: madeWebhookSchema,
    headers: {
      Location: 'The path of the webhook',
      'Idempotent-Replayed': '`true` where the key had been used: the webhook is that of the first request',
    },
  },
  problems: [
    ...(['invalid_request', 'idempotency_conflict', 'invalid_status', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const webhook = await webhookOf(request, caller, ports);
    const { webhooks: there } = await orUnavailable(ports.webhooks.get(caller.tenantId));
    withOneMore(there, webhook);
    // What it is signed with is there before it: the first end may come at once.
    const secret = await secretFor(webhook.id, caller, ports);
    const kept = await changeWebhooks(caller, ports, ({ webhooks }) => withOneMore(webhooks, webhook));
    return {
      status: 201,
      headers: compact({
        location: `/api/webhooks/${kept.id}`,
        'idempotent-replayed': kept === webhook ? undefined : 'true',
      }),
      body: { ...webhookView(kept, caller), secret },
    };
  },
};

/** Adds a webhook, unless the request of its key has: that one stands for it. Throws where it is one too many, or another's key. */
function withOneMore(webhooks: readonly Webhook[], webhook: Webhook) {
  const found = webhooks.find(({ id }) => id === webhook.id);
  if (found === undefined) {
    if (webhooks.length >= MAX_WEBHOOKS) throw tooMany();
    return { webhooks: [...webhooks, webhook], result: webhook };
  }
  if (found.fingerprint === webhook.fingerprint) return { webhooks, result: found };
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another request: webhook ${found.id}`);
}

/** Makes what a webhook is signed with, once: a request that is repeated is given the same, unless that was rotated since. */
async function secretFor(
  id: WebhookId,
  { tenantId }: Caller,
  { signingSecrets, ids }: Pick<RouterPorts, 'signingSecrets' | 'ids'>,
): Promise<string> {
  const made = secretOf(ids.signingKey());
  if ((await orUnavailable(signingSecrets.replace(tenantId, id, [], [made]))) === 'replaced') return made.secret;
  const [latest] = await orUnavailable(signingSecrets.get(tenantId, id));
  if (latest !== undefined) return latest.secret;
  return orUnavailable(Promise.reject(new Error('the secret of a webhook was removed while that was made')));
}

const tooMany = (): Problem =>
  new Problem('invalid_status', `there are ${MAX_WEBHOOKS} webhooks, which is the most: delete one that is not needed`);

/** Makes the webhook that a request asks for. Throws the problem that names all that is wrong with it. */
async function webhookOf(request: Request, { tenantId }: Caller, ports: RouterPorts): Promise<Webhook> {
  const key = idempotencyKeyOf(request);
  const { value, numberErrors } = parseBody(request);
  const parsed = bodySchema().safeParse(value);
  const { url } = (value ?? {}) as { readonly url?: unknown };
  const errors = [
    ...numberErrors,
    ...(parsed.success ? typesErrors(parsed.data.types ?? [], ports) : fieldErrors(parsed.error.issues)),
    ...(await urlErrors(url, '/url', ports)),
  ];
  if (!parsed.success || errors.length > 0) {
    throw new Problem('invalid_request', 'the webhook cannot be accepted as it is', { errors });
  }
  const { types = [], name } = parsed.data;
  const createdAt = ports.clock();
  const asked = { ...targetOf(parsed.data), types: [...new Set(types)], name };
  return compact({
    ...asked,
    // No key has a line break: it is the id of nothing else.
    id: webhookIdOf(key === undefined ? ports.ids.unique(createdAt) : uniqueFromKey(tenantId, `webhook\n${key}`)),
    createdAt,
    fingerprint: key && fingerprintOf({ ...asked, statuses: [...asked.statuses], name: name ?? null }),
  });
}

/** Names the types that the deployment has not. */
const typesErrors = (types: readonly string[], { catalog }: RouterPorts): FieldError[] =>
  types.flatMap((type, place) =>
    Object.hasOwn(catalog, type)
      ? []
      : [{ field: `/types/${place}`, message: noSuch('task type', type, Object.keys(catalog)) }],
  );
