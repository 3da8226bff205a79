import type { LimitFunction } from 'p-limit';
import { INVOCATION_MARGIN_SECONDS } from '../contract.ts';
import type { Deliveries, Delivery } from '../core/ports.ts';
import type { TaskSeed } from '../core/task/task.ts';
import { classOf } from '../resource-classes.ts';
import { executeTask, releaseAfterFailure } from './attempt/attempt.ts';
import { executeBatch } from './attempt/batch-attempt.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import type { LoadReporter } from './load-reporter.ts';
import type { DeliveredTask } from './messages/delivery.ts';
import { ACK, type HandledTask, splitUnfinished } from './messages/disposition.ts';
import type { Places } from './messages/places.ts';
import { findLost, replaceOld } from './messages/redeliveries.ts';
import { TimeSlice } from './messages/time-slice.ts';
import { extendVisibility, type VisibilityLease } from './messages/visibility.ts';
import { groupIntoUnits, type WorkUnit } from './messages/work-unit.ts';
import { logFieldsOf } from './telemetry.ts';

export type MessagePorts = Omit<ExecutorPorts, 'visibilityExtended' | 'leavePlace'> & {
  readonly deliveries: Deliveries;
  readonly loadReporter: Pick<LoadReporter, 'record'>;
};

/** What all messages of one invocation share. */
export type Invocation = {
  /** When the function ends, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly visibility: VisibilityLease;
  readonly places: Places;
  readonly limit: LimitFunction;
  readonly ports: MessagePorts;
};

/** Messages as they were decoded: the tasks in them, and those that have to stay on the lane for so many seconds. */
export type DecodedMessages = {
  readonly deliveries: readonly Delivery[];
  readonly delivered: readonly DeliveredTask[];
  readonly unread: ReadonlyMap<Delivery, number>;
  /** The executor has received them itself, and has hidden them with it. */
  readonly areHidden?: boolean;
};

/**
 * Runs the tasks in messages of a lane: groups them into units, and brings each unit to its end when it has a place. Returns
 * the messages that stay on the lane, each of which is visible again when its time has come; the others are to be deleted.
 * `queued` is called when the units have their places, or wait for them.
 */
export async function handleMessages(
  { deliveries, delivered, unread, areHidden = false }: DecodedMessages,
  invocation: Invocation,
  queued?: () => void,
): Promise<ReadonlySet<Delivery>> {
  const { visibility, places, ports } = invocation;
  const started = ports.clock();
  const visibilityExtended = visibility.hold(delivered, areHidden);
  const attemptPorts = { ...ports, visibilityExtended };
  const run = (unit: WorkUnit, leavePlace: () => void): Promise<HandledTask[]> =>
    runUnit(unit, leavePlace, invocation, attemptPorts);
  const replaced = await replaceOld(delivered, ports);
  const lost = await findLost(delivered, areHidden, ports);
  const others = delivered.filter(({ task }) => !lost.has(task.id));
  const units = await groupIntoUnits(others, ports);
  const slice = new TimeSlice(units, ports);
  const running = units.map((unit) =>
    places.run(async (leave) => ((await slice.wasReturned(unit)) ? acknowledgeAll(unit) : run(unit, leave))),
  );
  queued?.();
  const handled = await Promise.all(running);
  slice.end();
  // They run one after another, or the one that has ended their executor would end the attempts of the others again.
  for (const one of delivered.filter(({ task }) => lost.has(task.id))) {
    for (const unit of await groupIntoUnits([one], ports))
      handled.push(await places.runAlone((leave) => run(unit, leave)));
  }
  const kept = new Map([...unread, ...(await splitUnfinished(handled.flat(), replaced, ports))]);
  await visibilityExtended;
  visibility.letGo(deliveries);
  await extendVisibility(kept, ports);
  // The time is reckoned up to what all tasks would have taken, those that were returned too.
  const timesLonger = delivered.length / Math.max(1, delivered.length - slice.returnedTasks);
  ports.loadReporter.record(delivered, deliveries.length, (ports.clock() - started) * timesLonger);
  return new Set(kept.keys());
}

const acknowledgeAll = ({ delivered }: WorkUnit): HandledTask[] =>
  delivered.map((one) => ({ ...one, disposition: ACK }));

/** Makes the attempts of a unit, and says what becomes of each message. Begins none that has too little time left. */
async function runUnit(
  { delivered, definition }: WorkUnit,
  leavePlace: () => void,
  { deadline, limit }: Invocation,
  ports: ExecutorPorts,
): Promise<HandledTask[]> {
  const remainingSeconds = (deadline - ports.clock()) / 1000;
  // A batch has the shortest of its tasks' timeouts.
  if (Math.min(...delivered.map(({ task }) => secondsNeeded(task, ports))) > remainingSeconds) {
    const fields = { tasks: delivered.length, remaining_seconds: remainingSeconds };
    for (const { task } of delivered) {
      ports.log('warn', 'message returned: too little time is left', { ...logFieldsOf(task), ...fields });
    }
    return delivered.map((one) => ({ ...one, disposition: { keep: true, seconds: 0 } }));
  }
  // A batch keeps its place to the end: its claims, and its settlements, fill requests by themselves.
  if (definition !== undefined) return executeBatch(delivered, definition, deadline, limit, ports);
  const singlePorts = { ...ports, leavePlace };
  const handled: HandledTask[] = [];
  for (const one of delivered) {
    const release = (error: unknown) => releaseAfterFailure(one.task, error, ports);
    handled.push({ ...one, disposition: await executeTask(one.task, deadline, singlePorts).catch(release) });
  }
  return handled;
}

/**
 * Returns what must be left of an invocation to begin an attempt. A task from a time when its class had longer attempts asks for
 * more than one may take now; it begins as the longest of now do.
 */
export const secondsNeeded = (
  { timeoutSeconds, resourceClass }: TaskSeed,
  { classes }: Pick<ExecutorPorts, 'classes'>,
): number => Math.min(timeoutSeconds, classOf(classes, resourceClass).timeoutSeconds) + INVOCATION_MARGIN_SECONDS / 2;
