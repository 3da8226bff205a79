import type { Log, Sleep, TaskEvents } from '../core/ports.ts';
import type { TaskChange } from '../core/task/task-change.ts';
import { eventsOf, type TaskEvent } from '../core/task/task-event.ts';

export type PublishPorts = {
  readonly events: TaskEvents;
  readonly sleep: Sleep;
  readonly log: Log;
};

/** The pauses between tries: a bus that throttles soon takes more. */
const PAUSES_MILLISECONDS = [100, 400, 1_600];

/** Publishes the events that changes mean; returns the changes of which the bus did not take every event. */
export async function publishEvents(
  changes: readonly TaskChange[],
  ports: PublishPorts,
): Promise<ReadonlySet<TaskChange>> {
  const { events, sleep, log } = ports;
  const changeOf = new Map<TaskEvent, TaskChange>();
  for (const change of changes) for (const event of eventsOf(change)) changeOf.set(event, change);
  let left: readonly TaskEvent[] = [...changeOf.keys()];
  for (const pause of [0, ...PAUSES_MILLISECONDS]) {
    if (left.length === 0) return new Set();
    if (pause > 0) await sleep(pause);
    left = await events.publish(left);
  }
  if (left.length > 0) log('warn', 'events not taken: their batch will come again', { events: left.length });
  return new Set(left.flatMap((event) => changeOf.get(event) ?? []));
}
