import type { TaskEventName } from '../../contract.ts';
import type { JsonValue } from '../json.ts';
import type { Task } from './task.ts';
import type { TaskChange } from './task-change.ts';

/** What happened to a task, as the event bus tells it. */
export type TaskEvent = {
  /** The same for the same event, however often it is told. */
  readonly id: string;
  readonly name: TaskEventName;
  readonly task: Task;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The output of a task that succeeded, where events carry outputs: the value, or that it is too large for an event. */
  readonly output?: { readonly value: JsonValue } | 'elsewhere';
};

/** EventBridge bills an event of up to 64 KB as one (its price list): an output of so many bytes leaves room for the rest. */
export const EVENT_OUTPUT_BYTES = 60_000;

/** Returns what happened to a task by a change of its row: mostly one event, two where its time has come unnoticed, or none. */
export function eventsOf({ id, at, before, after }: Omit<TaskChange, 'usage'>): TaskEvent[] {
  if (after === undefined) return [];
  if (before?.status === 'scheduled' && after.status === 'running') {
    // Nothing is written when the time of a task comes; it has been queued since.
    const queued: Task = { ...before, status: 'queued' };
    return [
      ...eventsOf({ id, at: before.runAt, before, after: queued }),
      ...eventsOf({ id, at, before: queued, after }),
    ];
  }
  const event = (name: TaskEventName): TaskEvent => ({ id: `${after.id}/${id}/${name}`, name, task: after, at });
  const isAnotherAttempt = after.status === 'running' && after.attempt !== before?.attempt;
  return before?.status !== after.status || isAnotherAttempt ? [event(`task.${after.status}`)] : [];
}

/** Tells whoever listens what happened to tasks. */
export interface TaskEvents {
  /** Publishes events, and returns those that were not taken. */
  publish(events: readonly TaskEvent[]): Promise<readonly TaskEvent[]>;
}
