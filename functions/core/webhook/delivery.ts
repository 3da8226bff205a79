import { classOf, type DeployedClasses, deliveryClassOf, WEBHOOK_TYPE } from '../../resource-classes.ts';
import { compact } from '../compact.ts';
import { isoTime } from '../iso-time.ts';
import type { JsonValue } from '../json.ts';
import { executorKeyFor } from '../lane/routing.ts';
import { type TaskId, tableShardOf, taskIdOf, uniqueFromKey } from '../task/ids.ts';
import { type FinishedTask, isFinished, type TaskSeed } from '../task/task.ts';
import { formerOf, type TaskChange } from '../task/task-change.ts';
import { shownTask } from './shown-task.ts';
import type { Subscriber } from './webhook.ts';

/** The version of what a webhook is told. A field may be added to it; what would take one away, or its meaning, is another. */
const EVENT_VERSION = 1;

/** What is told of the end of a task; an output that is not at hand is put into it when it is delivered. */
export type EndEvent = {
  readonly type: `task.${FinishedTask['status']}`;
  readonly version: typeof EVENT_VERSION;
  readonly timestamp: string;
  readonly data: ReturnType<typeof shownTask> & { readonly output?: JsonValue };
};

/** What the task of a delivery is given. */
export type Delivery = {
  readonly subscriber: Subscriber;
  /** Where `onEnd` is to be told; a webhook says it itself. */
  readonly url?: string;
  readonly event: EndEvent;
  /** Names the payload of the output, where that is to be told and is not at hand. */
  readonly outputRef?: string;
};

/**
 * Returns the end of a task that a change has brought, if it has brought one that anybody is told of. The end of a delivery is
 * told to nobody, or one would follow the other.
 */
export function endOf(change: TaskChange): FinishedTask | undefined {
  const { after } = change;
  if (after === undefined || !isFinished(after) || after.type === WEBHOOK_TYPE) return undefined;
  const former = formerOf(change, after);
  return former !== undefined && isFinished(former) ? undefined : after;
}

/** Returns what to deliver of an end. It is as the task was then, whatever becomes of it until it is delivered. */
export function deliveryOf(
  task: FinishedTask,
  subscriber: Subscriber,
  { url, includeOutput }: { readonly url?: string; readonly includeOutput: boolean },
  queueNamePrefix: string,
): Delivery {
  const output = task.status === 'succeeded' && includeOutput ? task.output : undefined;
  const data = shownTask(task, { queueNamePrefix, clock: () => task.finishedAt });
  const event: EndEvent = {
    type: `task.${task.status}`,
    version: EVENT_VERSION,
    timestamp: isoTime(task.finishedAt),
    data: output !== undefined && 'inline' in output ? { ...data, output: output.inline } : data,
  };
  return compact({
    subscriber,
    url,
    event,
    outputRef: output !== undefined && 'ref' in output ? output.ref : undefined,
  });
}

/**
 * Returns the id of a delivery's task, the same however often the stream brings the end. No idempotency key has a line break,
 * and no other name of a task has four parts: it is the id of nothing else.
 */
export const deliveryIdOf = ({ tenantId, id, attempt, finishedAt }: FinishedTask, subscriber: Subscriber): TaskId =>
  taskIdOf(uniqueFromKey(tenantId, `${subscriber}\n${id}\n${attempt}\n${finishedAt}`), tableShardOf(id));

/**
 * The waits before the tries of a delivery that follow the first one, in seconds: 28 hours in all, as Standard Webhooks advises
 * ("Deliverability and reliability").
 */
export const DELIVERY_WAITS: readonly number[] = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];
export const DELIVERY_ATTEMPTS = 1 + DELIVERY_WAITS.length;

/** An attempt may take so long, in which a receiver has to have answered. */
const DELIVERY_TIMEOUT_SECONDS = 20;

/** Says where deliveries run: in the low lane of a class that the deployment has, behind all that tenants have submitted there. */
export function deliveryTerms(classes: DeployedClasses) {
  const resources = deliveryClassOf(classes);
  const timeoutSeconds = Math.min(DELIVERY_TIMEOUT_SECONDS, classOf(classes, resources).timeoutSeconds);
  return { type: WEBHOOK_TYPE, resources, priority: 'low', timeoutSeconds } as const;
}

/** Makes the task that delivers an end. It has no limits of a key: nothing of it is refused, or keeps its tenant from a submit. */
export function deliveryTask(
  task: FinishedTask,
  subscriber: Subscriber,
  input: TaskSeed['input'],
  classes: DeployedClasses,
): TaskSeed {
  const { resources, ...terms } = deliveryTerms(classes);
  const { tenantId } = task;
  return {
    ...terms,
    id: deliveryIdOf(task, subscriber),
    tenantId,
    resourceClass: resources,
    executorKey: executorKeyFor({ ...terms, resources }, { ...terms, tenantId }, classes),
    maxAttempts: DELIVERY_ATTEMPTS,
    input,
    // Nobody else can ask for its id, so there is nothing to compare.
    fingerprint: '-',
    createdAt: task.finishedAt,
    // By this its tenant finds what was told to a webhook, or of a task.
    assignee: subscriber === 'onEnd' ? { type: 'task', id: task.id } : { type: 'webhook', id: subscriber },
  };
}
