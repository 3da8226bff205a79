import pLimit, { type LimitFunction } from 'p-limit';
import { INVOCATION_MARGIN_SECONDS, RESOURCE_CLASS_SPECS } from '../contract.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskSeed } from '../core/task/task.ts';
import { executeTask, releaseAfterFailure } from './attempt/attempt.ts';
import { executeBatch } from './attempt/batch-attempt.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import type { LoadReporter } from './load-reporter.ts';
import { decodeDeliveries } from './messages/decode-deliveries.ts';
import type { DeliveredTask } from './messages/delivery.ts';
import { ACK, type HandledTask, splitUnfinished } from './messages/disposition.ts';
import { findLost, replaceOld } from './messages/redeliveries.ts';
import { TimeSlice } from './messages/time-slice.ts';
import { extendVisibility, VisibilityLease } from './messages/visibility.ts';
import { groupIntoUnits, type WorkUnit } from './messages/work-unit.ts';
import { logFieldsOf } from './telemetry.ts';

export type InvocationPorts = Omit<ExecutorPorts, 'visibilityExtended'> & {
  readonly deliveries: Deliveries;
  readonly loadReporter: Pick<LoadReporter, 'record'>;
};

/** What the units of one invocation share. */
type Invocation = {
  /** When the function ends, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly visibility: VisibilityLease;
  readonly limit: LimitFunction;
  readonly ports: ExecutorPorts;
};

/** So many tasks of batches are claimed or settled at a time: the AWS SDK keeps 50 connections to a host, and lets nobody wait long. */
const PARALLEL_CLAIMS = 50;

/**
 * Runs the tasks in the messages of one invocation and returns the ids of the messages to keep on the lane; the event
 * source deletes the others. `remainingSeconds` is what the function has left.
 */
export async function handleBatch(
  deliveries: readonly Delivery[],
  remainingSeconds: number,
  ports: InvocationPorts,
): Promise<string[]> {
  const started = ports.clock();
  const { delivered, unread } = await decodeDeliveries(deliveries, ports);
  const visibility = new VisibilityLease(delivered, ports);
  const visibilityExtended = visibility.extend();
  const replaced = await replaceOld(delivered, ports);
  const lost = await findLost(delivered, ports);
  const others = delivered.filter(({ task }) => !lost.has(task.id));
  const units = await groupIntoUnits(others, ports);
  const slice = new TimeSlice(units, ports);
  const invocation = {
    deadline: started + remainingSeconds * 1000,
    visibility,
    limit: pLimit(PARALLEL_CLAIMS),
    ports: { ...ports, visibilityExtended },
  };
  const handled = await mapConcurrently(units, concurrencyOf(delivered), async (unit) =>
    (await slice.wasReturned(unit)) ? acknowledgeAll(unit) : runUnit(unit, invocation),
  );
  slice.end();
  // They run one after another, or the one that has ended their executor would end the attempts of the others again.
  for (const one of delivered.filter(({ task }) => lost.has(task.id))) {
    for (const unit of await groupIntoUnits([one], ports)) handled.push(await runUnit(unit, invocation));
  }
  // The time is reckoned up to what all tasks would have taken, those that were returned too.
  const timesLonger = delivered.length / Math.max(1, delivered.length - slice.returnedTasks);
  ports.loadReporter.record(delivered, deliveries.length, (ports.clock() - started) * timesLonger);
  const kept = new Map([...unread, ...(await splitUnfinished(handled.flat(), replaced, ports))]);
  await visibilityExtended;
  await extendVisibility(kept, ports);
  return [...kept.keys()].map(({ messageId }) => messageId);
}

/** One invocation takes from one lane, so its tasks are of one class. */
const concurrencyOf = ([first]: readonly DeliveredTask[]): number =>
  first === undefined ? 1 : RESOURCE_CLASS_SPECS[first.task.resourceClass].concurrencyPerInvocation;

const acknowledgeAll = ({ delivered }: WorkUnit): HandledTask[] =>
  delivered.map((one) => ({ ...one, disposition: ACK }));

/** Makes the attempts of a unit, and says what becomes of each message. Begins none that has too little time left. */
async function runUnit(
  { delivered, definition }: WorkUnit,
  { deadline, visibility, limit, ports }: Invocation,
): Promise<HandledTask[]> {
  const remainingSeconds = (deadline - ports.clock()) / 1000;
  // A batch has the shortest of its tasks' timeouts.
  if (Math.min(...delivered.map(({ task }) => secondsNeeded(task))) > remainingSeconds) {
    const fields = { tasks: delivered.length, remaining_seconds: remainingSeconds };
    for (const { task } of delivered) {
      ports.log('warn', 'message returned: too little time is left', { ...logFieldsOf(task), ...fields });
    }
    return delivered.map((one) => ({ ...one, disposition: { keep: true, seconds: 0 } }));
  }
  await visibility.extendWhenDue();
  if (definition !== undefined) return executeBatch(delivered, definition, deadline, limit, ports);
  return mapConcurrently(delivered, 1, async (one) => {
    const release = (error: unknown) => releaseAfterFailure(one.task, error, ports);
    return { ...one, disposition: await executeTask(one.task, deadline, ports).catch(release) };
  });
}

/**
 * Returns what must be left of an invocation to begin an attempt. A task from a time when its class had longer invocations
 * asks for more than there ever is; it gets a whole one.
 */
function secondsNeeded({ timeoutSeconds, resourceClass }: TaskSeed): number {
  const whole = RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds;
  return Math.min(timeoutSeconds + INVOCATION_MARGIN_SECONDS / 2, whole - INVOCATION_MARGIN_SECONDS / 2);
}
