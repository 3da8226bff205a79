import { mapConcurrently } from '../core/concurrency.ts';
import type { Log, PayloadStore, Sleep } from '../core/ports.ts';
import type { TaskChange } from '../core/task/task-change.ts';
import { EVENT_OUTPUT_BYTES, eventsOf, type TaskEvent, type TaskEvents } from '../core/task/task-event.ts';

export type PublishPorts = {
  readonly events: TaskEvents;
  /** Keeps the outputs; missing where events carry none. */
  readonly payloads?: Pick<PayloadStore, 'get'> | undefined;
  readonly sleep: Sleep;
  readonly log: Log;
};

/** The pauses between tries: a bus that throttles soon takes more. */
const PAUSES_MILLISECONDS = [100, 400, 1_600];

/** So many outputs are read at a time: each may have 3 MB, and the function has 256. */
const PARALLEL_READS = 5;

/** Publishes the events that changes mean; returns the changes of which the bus did not take every event. */
export async function publishEvents(
  changes: readonly TaskChange[],
  ports: PublishPorts,
): Promise<ReadonlySet<TaskChange>> {
  const { sleep, log } = ports;
  const changeOf = new Map<string, TaskChange>();
  let left: readonly TaskEvent[] = changes.flatMap((change) => {
    const events = eventsOf(change);
    for (const { id } of events) changeOf.set(id, change);
    return events;
  });
  for (const pause of [0, ...PAUSES_MILLISECONDS]) {
    if (left.length === 0) return new Set();
    if (pause > 0) await sleep(pause);
    left = await publish(left, ports);
  }
  if (left.length > 0) log('warn', 'events not taken: their batch will come again', { events: left.length });
  return new Set(left.flatMap(({ id }) => changeOf.get(id) ?? []));
}

/** Publishes events with their outputs, and returns those that were not taken, or whose output could not be read now. */
async function publish(left: readonly TaskEvent[], ports: PublishPorts): Promise<readonly TaskEvent[]> {
  const { events, log } = ports;
  const unread: TaskEvent[] = [];
  const whole = await mapConcurrently(left, PARALLEL_READS, async (event) => {
    try {
      return [await withOutput(event, ports)];
    } catch (error) {
      log('warn', 'output of an event not read', { task_id: event.task.id, reason: String(error) });
      unread.push(event);
      return [];
    }
  });
  return [...unread, ...(await events.publish(whole.flat()))];
}

/** Adds its output to the event of a task that succeeded. One that is too large, or not kept any more, stays where it is. */
async function withOutput(event: TaskEvent, { payloads }: PublishPorts): Promise<TaskEvent> {
  const { task } = event;
  if (payloads === undefined || task.status !== 'succeeded' || event.output !== undefined) return event;
  const value = await payloads.get(task.tenantId, task.output);
  const isTold = value !== undefined && Buffer.byteLength(JSON.stringify(value)) <= EVENT_OUTPUT_BYTES;
  return { ...event, output: isTold ? { value } : 'elsewhere' };
}
