import * as z from 'zod';
import { type Pause, type Webhook, withWebhook } from '../../core/webhook/webhook.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { changeWebhooks, findWebhook, webhookIdParameter, webhookSchema, webhookView } from './webhook-view.ts';

export const deleteWebhook: Route = {
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook; what is under way to it fails',
  parameters: [webhookIdParameter],
  response: { status: 200, description: 'It is gone', schema: () => z.strictObject({ id: z.string() }) },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { id } = await changeWebhooks(caller, ports, (found) => {
      const result = findWebhook(found, request);
      return { webhooks: found.webhooks.filter((webhook) => webhook !== result), result };
    });
    await orUnavailable(ports.signingSecrets.remove(caller.tenantId, id));
    return { status: 200, body: { id } };
  },
};

const pausing = (operationId: string, summary: string, pauseOf: (now: number) => Pause | undefined): Route => ({
  operationId,
  summary,
  parameters: [webhookIdParameter],
  response: { status: 200, description: 'The webhook', schema: webhookSchema },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const changed = await changeWebhooks(caller, ports, (found) => {
      const { pause: _, ...webhook } = findWebhook(found, request);
      const pause = pauseOf(ports.clock());
      const result: Webhook = pause === undefined ? webhook : { ...webhook, pause };
      return { webhooks: withWebhook(found.webhooks, result) ?? found.webhooks, result };
    });
    return { status: 200, body: webhookView(changed, caller) };
  },
});

export const pauseWebhook = pausing(
  'pauseWebhook',
  'Tell a webhook nothing, until it is resumed; what is under way to it fails, and can be retried then',
  (at) => ({ at, reason: 'asked' }),
);

export const resumeWebhook = pausing(
  'resumeWebhook',
  'Tell a webhook again of what ends from now on, after a pause or a 410 of its receiver',
  () => undefined,
);
