import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE, queueNameOf } from '../contract.ts';
import { chunksOf, mapConcurrently } from '../core/concurrency.ts';
import type { TaskEvents } from '../core/ports.ts';
import type { TaskEvent } from '../core/task/task-event.ts';
import { withoutValues } from '../core/without-values.ts';

export type EventBridgeTaskEventsOptions = {
  readonly busName: string;
  /** What stands before a lane's name in the name of its queue. */
  readonly queueNamePrefix: string;
};

/** Entries of one `PutEvents` request (EventBridge API reference). */
const REQUEST_ENTRIES = 10;
const PARALLEL_REQUESTS = 5;

/** Task events on an EventBridge bus. They carry what names a task and says how it is, never its input or output, nor the
 * values that an error names. */
export class EventBridgeTaskEvents implements TaskEvents {
  readonly #client: EventBridgeClient;
  readonly #options: EventBridgeTaskEventsOptions;

  constructor(client: EventBridgeClient, options: EventBridgeTaskEventsOptions) {
    this.#client = client;
    this.#options = options;
  }

  async publish(events: readonly TaskEvent[]): Promise<readonly TaskEvent[]> {
    const requests = chunksOf(events, REQUEST_ENTRIES);
    return (await mapConcurrently(requests, PARALLEL_REQUESTS, (request) => this.#put(request))).flat();
  }

  /** The events of one request that were not taken. */
  async #put(events: readonly TaskEvent[]): Promise<readonly TaskEvent[]> {
    try {
      const { Entries: entries = [] } = await this.#client.send(
        new PutEventsCommand({
          Entries: events.map((event) => ({
            EventBusName: this.#options.busName,
            Source: EVENT_SOURCE,
            DetailType: event.name,
            Time: new Date(event.at),
            Detail: JSON.stringify(this.#detailOf(event)),
          })),
        }),
      );
      return events.filter((_, index) => entries[index]?.ErrorCode !== undefined);
    } catch {
      return events;
    }
  }

  #detailOf({ id, task, at }: TaskEvent) {
    const { tenantId, type, status, priority, attempt, maxAttempts, executorKey, assignee, workflowInstanceId } = task;
    return {
      id,
      taskInstanceId: task.id,
      ...{ tenantId, type, status, priority, attempt, maxAttempts, executorKey },
      queueName: this.#options.queueNamePrefix + queueNameOf(executorKey),
      at: iso(at),
      createdAt: iso(task.createdAt),
      ...(task.runAt === undefined ? {} : { runAt: iso(task.runAt) }),
      ...(assignee === undefined ? {} : { assignee }),
      ...(workflowInstanceId === undefined ? {} : { workflowInstanceId }),
      ...('error' in task ? { error: { ...task.error, message: withoutValues(task.error.message) } } : {}),
    };
  }
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();
