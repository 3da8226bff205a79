import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE, queueNameOf } from '../contract.ts';
import { compact } from '../core/compact.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import { isoTime } from '../core/iso-time.ts';
import type { TaskEvent, TaskEvents } from '../core/task/task-event.ts';
import { withoutValues } from '../core/without-values.ts';

export type EventBridgeTaskEventsOptions = {
  readonly busName: string;
  /** What stands before a lane's name in the name of its queue. */
  readonly queueNamePrefix: string;
};

/** One `PutEvents` request has at most so many entries, of less than 256 KB together (EventBridge API reference). */
const REQUEST_ENTRIES = 10;
const REQUEST_BYTES = 250_000;
const PARALLEL_REQUESTS = 5;

/** An event, and its detail as it is sent. */
type Entry = { readonly event: TaskEvent; readonly detail: string };

/**
 * Publishes task events on an EventBridge bus. They carry what names a task and says how it is, and its output where the event
 * has it; never its input, nor the values that an error names.
 */
export class EventBridgeTaskEvents implements TaskEvents {
  readonly #client: EventBridgeClient;
  readonly #options: EventBridgeTaskEventsOptions;

  constructor(client: EventBridgeClient, options: EventBridgeTaskEventsOptions) {
    this.#client = client;
    this.#options = options;
  }

  async publish(events: readonly TaskEvent[]): Promise<readonly TaskEvent[]> {
    const requests = requestsOf(events.map((event) => ({ event, detail: JSON.stringify(this.#detailOf(event)) })));
    return (await mapConcurrently(requests, PARALLEL_REQUESTS, (request) => this.#put(request))).flat();
  }

  /** Publishes the events of one request, and returns those that were not taken. */
  async #put(request: readonly Entry[]): Promise<readonly TaskEvent[]> {
    const events = request.map(({ event }) => event);
    try {
      const { Entries: entries = [] } = await this.#client.send(
        new PutEventsCommand({
          Entries: request.map(({ event, detail }) => ({
            EventBusName: this.#options.busName,
            Source: EVENT_SOURCE,
            DetailType: event.name,
            Time: new Date(event.at),
            Detail: detail,
          })),
        }),
      );
      return events.filter((_, index) => entries[index]?.ErrorCode !== undefined);
    } catch {
      return events;
    }
  }

  #detailOf({ id, task, at, output }: TaskEvent) {
    const { tenantId, type, status, priority, attempt, maxAttempts, executorKey, assignee, workflowInstanceId, tags } =
      task;
    return compact({
      id,
      taskInstanceId: task.id,
      tenantId,
      type,
      status,
      priority,
      attempt,
      maxAttempts,
      executorKey,
      queueName: this.#options.queueNamePrefix + queueNameOf(executorKey),
      at: isoTime(at),
      createdAt: isoTime(task.createdAt),
      runAt: task.runAt === undefined ? undefined : isoTime(task.runAt),
      assignee,
      workflowInstanceId,
      tags,
      error: 'error' in task ? { ...task.error, message: withoutValues(task.error.message) } : undefined,
      output: typeof output === 'object' ? output.value : undefined,
      outputPath: output === 'elsewhere' ? `/api/tasks/${task.id}` : undefined,
    });
  }
}

/** Cuts entries into requests that EventBridge takes whole. */
function requestsOf(entries: readonly Entry[]): Entry[][] {
  const requests: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.detail);
    const last = requests.at(-1);
    if (last === undefined || last.length === REQUEST_ENTRIES || bytes + size > REQUEST_BYTES) {
      requests.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return requests;
}
