import type { Log, Sleep, TaskEvents } from '../core/ports.ts';
import type { Task } from '../core/task.ts';
import { eventsOf, type TaskEvent } from '../core/task-event.ts';

/** One change of a row. An image that is no task is `undefined`, as one that is missing. */
export type Change = {
  readonly sequenceNumber: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Throw where the image cannot be read. */
  readonly before: () => Task | undefined;
  readonly after: () => Task | undefined;
};

export type ProjectPorts = { readonly events: TaskEvents; readonly sleep: Sleep; readonly log: Log };

const PAUSES_MILLISECONDS = [100, 400, 1_600];

/**
 * Tells the event bus what the changes of a stream batch mean. Returns the sequence number from which on the batch has to
 * come again, because the bus did not take its events. A change that cannot be read is set aside in the log: it would
 * stop all that follow.
 */
export async function project(changes: readonly Change[], ports: ProjectPorts): Promise<string | undefined> {
  const sequenceNumbers = new Map<TaskEvent, string>();
  for (const change of changes) {
    for (const event of readable(change, ports)) sequenceNumbers.set(event, change.sequenceNumber);
  }
  let left: readonly TaskEvent[] = [...sequenceNumbers.keys()];
  for (const pause of [0, ...PAUSES_MILLISECONDS]) {
    if (left.length === 0) return undefined;
    if (pause > 0) await ports.sleep(pause);
    left = await ports.events.publish(left);
  }
  const [first] = left;
  if (first === undefined) return undefined;
  ports.log('warn', 'events not taken: their batch will come again', { events: left.length });
  // They are in the order of the changes, as `publish` keeps it.
  return sequenceNumbers.get(first);
}

function readable({ sequenceNumber, at, before, after }: Change, { log }: ProjectPorts): TaskEvent[] {
  try {
    return eventsOf({ id: sequenceNumber, at, before: before(), after: after() });
  } catch (error) {
    log('error', 'change set aside: it cannot be read', { sequence_number: sequenceNumber, reason: String(error) });
    return [];
  }
}
