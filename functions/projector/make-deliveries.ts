import { chunksOf, mapConcurrently } from '../core/concurrency.ts';
import type { JsonValue } from '../core/json.ts';
import type { Clock, Log, PayloadStore, TaskQueue, TaskStore } from '../core/ports.ts';
import type { TenantId } from '../core/task/ids.ts';
import { keptUntil } from '../core/task/payload.ts';
import { type FinishedTask, type NewTask, newTask } from '../core/task/task.ts';
import type { TaskChange } from '../core/task/task-change.ts';
import { deliveryIdOf, deliveryOf, deliveryTask, endOf } from '../core/webhook/delivery.ts';
import { isOfStatus, targetOf } from '../core/webhook/end-target.ts';
import { isToldOf, ON_END, type Subscriber, type Webhook, type WebhookStore } from '../core/webhook/webhook.ts';
import type { DeployedClasses } from '../resource-classes.ts';

export type DeliveryPorts = {
  readonly webhooks: Pick<WebhookStore, 'get'>;
  readonly payloads: Pick<PayloadStore, 'get' | 'put'>;
  readonly queue: Pick<TaskQueue, 'sendAll'>;
  readonly store: Pick<TaskStore, 'insert'>;
  readonly classes: DeployedClasses;
  readonly retentionDays: number;
  readonly queueNamePrefix: string;
  readonly clock: Clock;
  readonly log: Log;
};

/** So many ends are told at a time, and so many calls are under way for them. */
const CHUNK_ENDS = 100;
const PARALLEL = 20;

/** A batch is given up after so long, and comes again from there: its function has a minute, and the counts have had a part of it. */
const DELIVERY_MILLISECONDS = 30_000;

type End = { readonly change: TaskChange; readonly task: FinishedTask };

/**
 * Makes the tasks that deliver the ends among some changes; returns the changes that have to come again. One that comes again makes
 * nothing twice: the id of a delivery's task comes from the end and from whom it is told to.
 */
export async function makeDeliveries(
  changes: readonly TaskChange[],
  ports: DeliveryPorts,
): Promise<ReadonlySet<TaskChange>> {
  const ends = changes.flatMap((change): End[] => {
    const task = endOf(change);
    return task === undefined ? [] : [{ change, task }];
  });
  const webhooksOf = webhookReader(ports.webhooks);
  const until = ports.clock() + DELIVERY_MILLISECONDS;
  const left = new Set<TaskChange>();
  for (const chunk of chunksOf(ends, CHUNK_ENDS)) {
    const isLate = ports.clock() >= until;
    for (const change of isLate ? chunk.map((end) => end.change) : await deliver(chunk, webhooksOf, ports)) {
      left.add(change);
    }
  }
  if (left.size > 0) ports.log('warn', 'ends not told: their batch will come again', { ends: left.size });
  return left;
}

/**
 * Reads the webhooks of each tenant of a batch once. No batch goes by what an earlier one has read: a webhook that was made
 * before a task was submitted is told of it.
 */
function webhookReader(store: DeliveryPorts['webhooks']): (tenantId: TenantId) => Promise<readonly Webhook[]> {
  const known = new Map<TenantId, Promise<readonly Webhook[]>>();
  return (tenantId) => {
    const reading = known.get(tenantId) ?? store.get(tenantId).then(({ webhooks }) => webhooks);
    known.set(tenantId, reading);
    return reading;
  };
}

/** Tells some ends, each by a task of its own for each whom it is told to: sent first, as a submit is, and recorded then. */
async function deliver(
  ends: readonly End[],
  webhooksOf: (tenantId: TenantId) => Promise<readonly Webhook[]>,
  ports: DeliveryPorts,
): Promise<Set<TaskChange>> {
  const left = new Set<TaskChange>();
  /** Does a step for one end, which comes again where it fails. */
  const attempt = async <T>(change: TaskChange, step: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await step();
    } catch (error) {
      left.add(change);
      ports.log('warn', 'end not told', { task_id: change.after?.id, reason: String(error) });
      return undefined;
    }
  };
  const made = await mapConcurrently(ends, PARALLEL, async ({ change, task }) => {
    const tasks = await attempt(change, async () => tasksFor(task, await webhooksOf(task.tenantId), ports));
    return (tasks ?? []).map((delivery) => ({ change, delivery }));
  });
  const deliveries = made.flat();
  if (deliveries.length === 0) return left;
  const refused = await ports.queue.sendAll(deliveries.map(({ delivery }) => ({ task: delivery, delaySeconds: 0 })));
  await mapConcurrently(deliveries, PARALLEL, ({ change, delivery }) =>
    attempt(change, () => ports.store.insert(delivery, refused.has(delivery.id) ? ports.clock() : undefined)),
  );
  return left;
}

/** Makes the tasks that tell an end, with what they tell. */
async function tasksFor(task: FinishedTask, webhooks: readonly Webhook[], ports: DeliveryPorts): Promise<NewTask[]> {
  const { tenantId } = task;
  const { payloads, classes, retentionDays, queueNamePrefix, clock } = ports;
  const make = async (subscriber: Subscriber, told: Parameters<typeof deliveryOf>[2]): Promise<NewTask> => {
    const delivery = deliveryOf(task, subscriber, told, queueNamePrefix);
    const keepUntil = keptUntil(clock(), retentionDays);
    const value = delivery as unknown as JsonValue;
    const input = await payloads.put(tenantId, deliveryIdOf(task, subscriber), 'input', value, keepUntil);
    return newTask(deliveryTask(task, subscriber, input, classes));
  };
  const asked = await onEndOf(task, ports);
  return Promise.all([
    ...(asked === undefined ? [] : [make(ON_END, asked)]),
    ...webhooks
      .filter((webhook) => isToldOf(webhook, task))
      .map(({ id, includeOutput }) => make(id, { includeOutput })),
  ]);
}

/** Returns whom the submit of a task has asked to be told of this end, if it has. */
async function onEndOf({ tenantId, id, status, onEnd }: FinishedTask, { payloads, log }: DeliveryPorts) {
  if (onEnd === undefined) return undefined;
  const kept = await payloads.get(tenantId, onEnd);
  if (kept === undefined) {
    log('error', 'onEnd is not kept any more: nobody is told', { task_id: id });
    return undefined;
  }
  const target = targetOf(kept);
  return isOfStatus(target, status) ? target : undefined;
}
