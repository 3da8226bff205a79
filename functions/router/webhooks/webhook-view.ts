import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { END_STATUSES } from '../../core/webhook/end-target.ts';
import { parseWebhookId, type Webhook, type Webhooks } from '../../core/webhook/webhook.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Parameter, Request, RouterPorts } from '../route.ts';

/** Describes a webhook as the API shows it: never with what it is signed with. */
export const webhookSchema = once(() => {
  const time = z.iso.datetime();
  return z
    .strictObject({
      id: z.string(),
      tenantId: z.string(),
      name: z.string().optional(),
      url: z.string(),
      types: z.array(z.string()).optional().describe('Of all types where it is missing, and of no subtasks'),
      statuses: z.array(z.enum(END_STATUSES)).optional().describe('All where it is missing'),
      includeOutput: z.boolean(),
      paused: z.boolean(),
      pauseReason: z.enum(['asked', 'gone']).optional().describe('`gone`: its receiver has answered 410'),
      pausedAt: time.optional(),
      createdAt: time,
    })
    .meta({ id: 'Webhook' });
});

/** Describes a webhook when it has been made: its secret is shown then, and never again. */
export const madeWebhookSchema = once(() =>
  z.strictObject({ ...webhookSchema().shape, secret: z.string().describe('Shown this once') }),
);

/** Shows a webhook. */
export function webhookView(webhook: Webhook, { tenantId }: Caller): z.infer<ReturnType<typeof webhookSchema>> {
  const { id, name, url, types, statuses, includeOutput, pause, createdAt } = webhook;
  return compact({
    id,
    tenantId,
    name,
    url,
    types: types.length === 0 ? undefined : [...types],
    statuses: statuses.length === 0 ? undefined : [...statuses],
    includeOutput,
    paused: pause !== undefined,
    pauseReason: pause?.reason,
    pausedAt: pause && isoTime(pause.at),
    createdAt: isoTime(createdAt),
  });
}

export const webhookIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  required: true,
  description: "The webhook's id",
  schema: () => z.string(),
};

/** Returns the webhook that the path names. Throws the problem of one that is not there, or is another tenant's. */
export function findWebhook({ webhooks }: Webhooks, { parameters }: Request): Webhook {
  const asked = parseWebhookId(parameters.id ?? '');
  const found = webhooks.find(({ id }) => id === asked);
  if (found === undefined) throw new Problem('not_found', 'there is no such webhook');
  return found;
}

/** A change is tried so often: each time it loses, another has come in between. */
const TRIES = 5;

/**
 * Changes a tenant's webhooks, by what `change` makes of them as they are. It may throw, or give them back: nothing is changed then.
 */
export async function changeWebhooks<Result>(
  { tenantId }: Caller,
  { webhooks: store }: RouterPorts,
  change: (found: Webhooks) => { readonly webhooks: readonly Webhook[]; readonly result: Result },
): Promise<Result> {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await orUnavailable(store.get(tenantId));
    const { webhooks, result } = change(found);
    if (webhooks === found.webhooks) return result;
    const next = { revision: found.revision + 1, webhooks };
    if ((await orUnavailable(store.replace(tenantId, next))) === 'replaced') return result;
  }
  return orUnavailable(Promise.reject(new Error(`${TRIES} changes of webhooks in a row were lost to others`)));
}
