import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import type { SingleTaskDefinition, TaskCatalog, TaskDefinition } from '../../core/define-task.ts';
import { DELIVERY_ATTEMPTS, DELIVERY_WAITS, type Delivery, deliveryTerms } from '../../core/webhook/delivery.ts';
import { type DeployedClasses, WEBHOOK_TYPE } from '../../resource-classes.ts';
import { type DeliverPorts, deliver } from './deliver.ts';

/** Only the projector makes these tasks, so their input is as it has written it. */
const deliverySchema = once(() => z.custom<Delivery>((value) => typeof value === 'object' && value !== null));

/** Defines the type of the tasks that deliver, as a team would define one of its own. */
const webhookType = (classes: DeployedClasses, ports: DeliverPorts): SingleTaskDefinition<Delivery> => ({
  ...deliveryTerms(classes),
  description: 'Tells a webhook of the end of a task.',
  // Its waits are never longer than those that the handler asks for.
  retry: { maxAttempts: DELIVERY_ATTEMPTS, baseDelaySeconds: DELIVERY_WAITS[0] ?? 0, maxDelaySeconds: 36_000 },
  isolated: false,
  input: deliverySchema() as unknown as SingleTaskDefinition<Delivery>['input'],
  run: (delivery, ctx) => deliver(delivery, ctx, ports),
});

type OfWebhooks = Pick<DeliverPorts, 'webhooks' | 'signingSecrets'>;
type ExecutorParts = Omit<DeliverPorts, keyof OfWebhooks> & {
  readonly catalog: TaskCatalog;
  readonly classes: DeployedClasses;
};

/** Adds the type to those that an executor has, where it is of the class that delivers and was given what is of webhooks. */
export function withWebhookType<Parts extends ExecutorParts>(parts: Parts, ofWebhooks: OfWebhooks | undefined): Parts {
  if (ofWebhooks === undefined) return parts;
  const load = once(async () => webhookType(parts.classes, { ...parts, ...ofWebhooks }) as unknown as TaskDefinition);
  return { ...parts, catalog: { ...parts.catalog, [WEBHOOK_TYPE]: load } };
}
