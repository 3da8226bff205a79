import {
  INVOCATION_MARGIN_SECONDS,
  MAX_QUEUE_DELAY_SECONDS,
  MAX_RECEIVE_COUNT,
  RESOURCE_CLASS_SPECS,
} from '../contract.ts';
import { type Limiter, limiter, mapConcurrently } from '../core/concurrency.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskId } from '../core/task/ids.ts';
import { decodeMessage } from '../core/task/message.ts';
import type { TaskSeed } from '../core/task/task.ts';
import { executeTask, releaseAfterFailure } from './attempt/attempt.ts';
import { executeBatch } from './attempt/batch-attempt.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import type { LoadReporter } from './load-reporter.ts';
import { findLost } from './messages/lost-tasks.ts';
import { groupIntoUnits, TimeSlice, type WorkUnit } from './messages/time-slice.ts';
import {
  ACK,
  type Disposition,
  extendVisibility,
  VisibilityLease,
  visibilitySecondsOf,
} from './messages/visibility.ts';
import { logFieldsOf } from './telemetry.ts';

export type InvocationPorts = Omit<ExecutorPorts, 'visibilityExtended'> & {
  readonly deliveries: Deliveries;
  readonly loadReporter: Pick<LoadReporter, 'record'>;
};

/** A message that this version cannot read comes up again after this, for one that can. */
const NEWER_VERSION_SECONDS = 60;

/**
 * From this delivery on, a message is replaced before it is worked on. Executors that die and tables that throttle then
 * never bring a task to the dead-letter queue; two more deliveries are left in case the replacement fails.
 */
const REPLACED_FROM = MAX_RECEIVE_COUNT - 2;

/** Of batches, at a time: the AWS SDK keeps 50 connections to one host, and lets nobody wait long for one. */
const PARALLEL_CLAIMS = 50;

/** A task as it came: alone in its message, or with others. */
type Arrival = { readonly task: TaskSeed; readonly delivery: Delivery };
type Judged = Arrival & { readonly verdict: Disposition };

/**
 * Takes the messages of one invocation to their verdicts and returns the ids of those to keep on the lane; the event
 * source deletes the others. `remainingSeconds` is what the function has left.
 */
export async function handleBatch(
  deliveries: readonly Delivery[],
  remainingSeconds: number,
  ports: InvocationPorts,
): Promise<string[]> {
  const started = ports.clock();
  const deadline = started + remainingSeconds * 1000;
  const kept = new Map<Delivery, number>();
  const arrivals: Arrival[] = [];
  await Promise.all(
    deliveries.map(async (delivery) => {
      const message = decodeMessage(delivery.body);
      switch (message.result) {
        case 'malformed':
          if (!(await quarantined(delivery, message.reason, ports))) kept.set(delivery, 0);
          return;
        case 'newer':
          ports.log('warn', 'message of a later version', {
            message_id: delivery.messageId,
            queue: delivery.queueName,
          });
          kept.set(delivery, NEWER_VERSION_SECONDS);
          return;
        case 'tasks':
          arrivals.push(...message.tasks.map((task) => ({ task, delivery })));
      }
    }),
  );
  const hold = new VisibilityLease(arrivals, ports);
  const running = { ...ports, visibilityExtended: hold.extend() };
  const replaced = await replaceOld(arrivals, ports);
  const inTurn = limiter(PARALLEL_CLAIMS);
  const lost = await findLost(arrivals, ports);
  const together = interleaved(
    await groupIntoUnits(
      arrivals.filter(({ task }) => !lost.has(task.id)),
      ports,
    ),
  );
  const slice = new TimeSlice(together, isNearDeadLetter, ports);
  const judged = await mapConcurrently(together, concurrencyOf(arrivals), async (run) =>
    (await slice.wasReturned(run))
      ? run.arrivals.map((arrival) => ({ ...arrival, verdict: ACK }))
      : executed(run, deadline, hold, inTurn, running),
  );
  slice.end();
  // One after another, or the one that has ended their executor would end the attempts of the others again.
  for (const arrival of arrivals.filter(({ task }) => lost.has(task.id))) {
    for (const run of await groupIntoUnits([arrival], ports)) {
      judged.push(await executed(run, deadline, hold, inTurn, running));
    }
  }
  // As long as all that came would have taken.
  const ofAll = arrivals.length / Math.max(1, arrivals.length - slice.returnedTasks);
  ports.loadReporter.record(arrivals, deliveries.length, (ports.clock() - started) * ofAll);
  for (const [delivery, seconds] of await splitUnfinished(judged.flat(), replaced, ports)) kept.set(delivery, seconds);
  await running.visibilityExtended;
  await extendVisibility(kept, ports);
  return [...kept.keys()].map(({ messageId }) => messageId);
}

/** A message whose tasks are sent again before they are worked on. */
const isNearDeadLetter = ({ receiveCount }: Delivery): boolean => receiveCount >= REPLACED_FROM;

/** One invocation takes from one lane, so its tasks are of one class. */
const concurrencyOf = ([first]: readonly Arrival[]): number =>
  first === undefined ? 1 : RESOURCE_CLASS_SPECS[first.task.resourceClass].concurrencyPerInvocation;

/** Tenants take turns, so that the many tasks of one do not hold every place while those of another wait behind. */
function interleaved(runs: readonly WorkUnit<Arrival>[]): WorkUnit<Arrival>[] {
  const turns = [...Map.groupBy(runs, ({ arrivals }) => arrivals[0]?.task.tenantId).values()].flatMap((group) =>
    group.map((run, turn) => ({ run, turn })),
  );
  return turns.toSorted((a, b) => a.turn - b.turn).map(({ run }) => run);
}

/** The messages whose tasks were all sent again, since they may not be delivered often more. */
async function replaceOld(arrivals: readonly Arrival[], ports: InvocationPorts): Promise<ReadonlySet<Delivery>> {
  const old = arrivals.filter(({ delivery }) => isNearDeadLetter(delivery));
  if (old.length === 0) return new Set();
  const refused = await ports.queue.sendAll(
    old.map(({ task }) => ({ task, delaySeconds: Math.min(visibilitySecondsOf(task), MAX_QUEUE_DELAY_SECONDS) })),
  );
  if (refused.size > 0) ports.log('warn', 'messages not replaced', { tasks: refused.size });
  const unsent = new Set(old.filter(({ task }) => refused.has(task.id)).map(({ delivery }) => delivery));
  const replaced = new Set(old.map(({ delivery }) => delivery).filter((delivery) => !unsent.has(delivery)));
  await discard([...replaced], ports);
  return replaced;
}

/** Now, or it would be delivered again where this executor dies, too, and become a dead letter of a task that goes on. */
async function discard(replaced: readonly Delivery[], { deliveries, log }: InvocationPorts): Promise<void> {
  try {
    await deliveries.discard(replaced);
  } catch (error) {
    log('warn', 'replaced messages not discarded: the event source will', { reason: String(error) });
  }
}

/**
 * The messages to be kept, and for how many seconds. Of a message of several tasks those that are not done with go on in
 * messages of their own, or all would have to wait for the last of them.
 */
async function splitUnfinished(
  judged: readonly Judged[],
  replaced: ReadonlySet<Delivery>,
  { queue }: InvocationPorts,
): Promise<ReadonlyMap<Delivery, number>> {
  const messages = [...Map.groupBy(judged, ({ delivery }) => delivery)].filter(([delivery]) => !replaced.has(delivery));
  const left = messages.flatMap(([delivery, group]) =>
    group.flatMap(({ task, verdict }) =>
      verdict.keep ? [{ task, delivery, seconds: verdict.seconds, isShared: group.length > 1 }] : [],
    ),
  );
  const shared = left.filter(({ isShared }) => isShared);
  const sent = shared.map(({ task, seconds }) => ({ task, delaySeconds: Math.min(seconds, MAX_QUEUE_DELAY_SECONDS) }));
  const refused = sent.length === 0 ? new Set<TaskId>() : await queue.sendAll(sent);
  const isSent = ({ task, isShared }: (typeof left)[number]): boolean => isShared && !refused.has(task.id);
  const kept = [...Map.groupBy(left, ({ delivery }) => delivery)].filter(([, group]) => !group.every(isSent));
  return new Map(
    kept.map(([delivery, group]) => [
      delivery,
      // With what SQS refused comes what was sent: not before that comes by itself, or it would be sent once more.
      Math.max(...group.map((one) => (isSent(one) ? Math.min(one.seconds, MAX_QUEUE_DELAY_SECONDS) : one.seconds))),
    ]),
  );
}

/** Makes the attempts of a run, and says what becomes of each message. */
async function executed(
  { arrivals, definition }: WorkUnit<Arrival>,
  deadline: number,
  hold: VisibilityLease,
  inTurn: Limiter,
  ports: InvocationPorts & ExecutorPorts,
): Promise<Judged[]> {
  const remainingSeconds = (deadline - ports.clock()) / 1000;
  // A batch has the shortest of its tasks' timeouts.
  if (Math.min(...arrivals.map(({ task }) => secondsNeeded(task))) > remainingSeconds) {
    const more = { tasks: arrivals.length, remaining_seconds: remainingSeconds };
    for (const { task } of arrivals) {
      ports.log('warn', 'message returned: too little time is left', { ...logFieldsOf(task), ...more });
    }
    return arrivals.map((arrival) => ({ ...arrival, verdict: { keep: true, seconds: 0 } }));
  }
  await hold.extendWhenDue();
  if (definition !== undefined) return executeBatch(arrivals, definition, deadline, inTurn, ports);
  return mapConcurrently(arrivals, 1, async (arrival) => {
    const failed = (error: unknown) => releaseAfterFailure(arrival.task, error, ports);
    return { ...arrival, verdict: await executeTask(arrival.task, deadline, ports).catch(failed) };
  });
}

/**
 * What must be left of an invocation to begin an attempt. A task from a time when its class had longer invocations asks
 * for more than there ever is; it gets a whole one.
 */
function secondsNeeded({ timeoutSeconds, resourceClass }: TaskSeed): number {
  const whole = RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds;
  return Math.min(timeoutSeconds + INVOCATION_MARGIN_SECONDS / 2, whole - INVOCATION_MARGIN_SECONDS / 2);
}

async function quarantined(delivery: Delivery, reason: string, ports: InvocationPorts): Promise<boolean> {
  const fields = { message_id: delivery.messageId, queue: delivery.queueName, reason };
  ports.log('error', 'malformed message', fields);
  try {
    await ports.deliveries.quarantine(delivery, reason);
    return true;
  } catch (error) {
    ports.log('error', 'malformed message not set aside', { ...fields, reason: String(error) });
    return false;
  }
}
