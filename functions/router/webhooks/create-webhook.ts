import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { targetOf } from '../../core/webhook/end-target.ts';
import { secretOf } from '../../core/webhook/signature.ts';
import { MAX_WEBHOOK_TYPES, MAX_WEBHOOKS, type Webhook, webhookIdOf } from '../../core/webhook/webhook.ts';
import { parseBody } from '../http/body.ts';
import { type FieldError, fieldErrors, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Request, Route, RouterPorts } from '../route.ts';
import { nameSchema, onEndSchema } from '../routes/task-view.ts';
import { urlErrors } from '../submit/on-end.ts';
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
  requestBody: bodySchema,
  response: {
    status: 201,
    description: 'The webhook, and its secret, which is shown this once',
    schema: madeWebhookSchema,
    headers: { Location: 'The path of the webhook' },
  },
  problems: [
    ...(['invalid_request', 'invalid_status', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const webhook = await webhookOf(request, ports);
    const { webhooks: there } = await orUnavailable(ports.webhooks.get(caller.tenantId));
    if (there.length >= MAX_WEBHOOKS) throw tooMany();
    const signing = secretOf(ports.ids.signingKey());
    // What it is signed with is there before it: the first end may come at once.
    await orUnavailable(ports.signingSecrets.replace(caller.tenantId, webhook.id, [], [signing]));
    await changeWebhooks(caller, ports, ({ webhooks }) => {
      if (webhooks.length >= MAX_WEBHOOKS) throw tooMany();
      return { webhooks: [...webhooks, webhook], result: webhook };
    });
    return {
      status: 201,
      headers: { location: `/api/webhooks/${webhook.id}` },
      body: { ...webhookView(webhook, caller), secret: signing.secret },
    };
  },
};

const tooMany = (): Problem =>
  new Problem('invalid_status', `there are ${MAX_WEBHOOKS} webhooks, which is the most: delete one that is not needed`);

/** Makes the webhook that a request asks for. Throws the problem that names all that is wrong with it. */
async function webhookOf(request: Request, ports: RouterPorts): Promise<Webhook> {
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
  return compact({
    ...targetOf(parsed.data),
    id: webhookIdOf(ports.ids.unique(createdAt)),
    types: [...new Set(types)],
    name,
    createdAt,
  });
}

/** Names the types that the deployment has not. */
const typesErrors = (types: readonly string[], { catalog }: RouterPorts): FieldError[] =>
  types.flatMap((type, place) =>
    Object.hasOwn(catalog, type)
      ? []
      : [{ field: `/types/${place}`, message: noSuch('task type', type, Object.keys(catalog)) }],
  );
