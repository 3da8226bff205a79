import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { MAX_SECRETS, ROTATION_SECONDS, rotated, secretOf } from '../../core/webhook/signature.ts';
import { ON_END, type Subscriber } from '../../core/webhook/webhook.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';
import { findWebhook, webhookIdParameter } from './webhook-view.ts';

const secretSchema = once(() =>
  z
    .strictObject({
      secret: z.string().describe('Shown this once'),
      previousUntil: z.iso
        .datetime()
        .optional()
        .describe('Until when the one before signs as well, where there was one'),
    })
    .meta({ id: 'SigningSecret' }),
);

const HOURS = ROTATION_SECONDS / 3_600;

const response: Route['response'] = {
  status: 200,
  description: `The secret that signs from now on; for ${HOURS} hours the one before signs as well`,
  schema: secretSchema,
};

export const rotateWebhookSecret: Route = {
  operationId: 'rotateWebhookSecret',
  summary: 'Have a webhook signed with another secret',
  parameters: [webhookIdParameter],
  response,
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, caller, ports) {
    const found = await orUnavailable(ports.webhooks.get(caller.tenantId));
    return rotate(findWebhook(found, request).id, caller, ports);
  },
};

export const rotateOnEndSecret: Route = {
  operationId: 'rotateOnEndSecret',
  summary: 'Make, or rotate, the secret by which what submits ask for as `onEnd` is signed',
  response,
  problems: ['invalid_status', 'unavailable'],
  handle: (_request, caller, ports) => rotate(ON_END, caller, ports),
};

async function rotate(
  subscriber: Subscriber,
  { tenantId }: Caller,
  { signingSecrets, ids, clock }: Pick<RouterPorts, 'signingSecrets' | 'ids' | 'clock'>,
) {
  const before = await orUnavailable(signingSecrets.get(tenantId, subscriber));
  const fresh = secretOf(ids.signingKey());
  const next = rotated(before, fresh, clock());
  if (next === undefined) {
    throw new Problem(
      'invalid_status',
      `${MAX_SECRETS} secrets sign already: wait until the oldest of them does no more`,
    );
  }
  if ((await orUnavailable(signingSecrets.replace(tenantId, subscriber, before, next))) === 'lost') {
    throw new Problem('invalid_status', 'the secret was rotated at the same time by another call, which was given it');
  }
  const [, previous] = next;
  const previousUntil = previous?.until === undefined ? undefined : isoTime(previous.until);
  return { status: 200, body: compact({ secret: fresh.secret, previousUntil }) };
}
