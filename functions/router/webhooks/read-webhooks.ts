import * as z from 'zod';
import { MAX_WEBHOOKS } from '../../core/webhook/webhook.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { findWebhook, webhookIdParameter, webhookSchema, webhookView } from './webhook-view.ts';

export const listWebhooks: Route = {
  operationId: 'listWebhooks',
  summary: 'List webhooks',
  response: {
    status: 200,
    description: `All, in the order in which they were made: ${MAX_WEBHOOKS} at most`,
    schema: () => z.strictObject({ items: z.array(webhookSchema()) }),
  },
  problems: ['unavailable'],

  async handle(_request, caller, ports) {
    const { webhooks } = await orUnavailable(ports.webhooks.get(caller.tenantId));
    return { status: 200, body: { items: webhooks.map((webhook) => webhookView(webhook, caller)) } };
  },
};

export const getWebhook: Route = {
  operationId: 'getWebhook',
  summary: 'Read a webhook',
  parameters: [webhookIdParameter],
  response: { status: 200, description: 'The webhook', schema: webhookSchema },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const found = await orUnavailable(ports.webhooks.get(caller.tenantId));
    return { status: 200, body: webhookView(findWebhook(found, request), caller) };
  },
};
