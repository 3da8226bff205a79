import {
  GetQueueAttributesCommand,
  type MessageSystemAttributeValue,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { queueNameOf } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { mapConcurrently } from '../../core/concurrency.ts';
import type { TaskCatalog } from '../../core/define-task.ts';
import type { Depth, QueueDepths } from '../../core/lane/lane.ts';
import type { TaskQueue } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import { encodeMessage, encodeTask } from '../../core/task/message.ts';
import { batchSizesOf, type Outgoing, type OutgoingRequest, packed } from '../../core/task/message-packing.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { headerOf, traceIdOf } from '../../core/task/trace-header.ts';
import type { DeployedClasses } from '../../resource-classes.ts';

export type SqsTaskQueueOptions = {
  /** Everything of a lane's queue URL before its name. */
  readonly queueUrlPrefix: string;
  /** Says which types run in batches. */
  readonly catalog: TaskCatalog;
  readonly classes: DeployedClasses;
};

const PARALLEL_REQUESTS = 5;

/** The lanes on SQS standard queues: one queue for each executor key. */
export class SqsTaskQueue implements TaskQueue {
  readonly #client: SQSClient;
  readonly #options: SqsTaskQueueOptions;

  constructor(client: SQSClient, options: SqsTaskQueueOptions) {
    this.#client = client;
    this.#options = options;
  }

  async send(task: TaskSeed, delaySeconds: number): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#urlOf(task.executorKey),
        ...entryOf(encodeMessage([encodeTask(task)]), [task], delaySeconds),
      }),
    );
  }

  async sendAll(outgoing: readonly Outgoing[]): Promise<ReadonlySet<TaskId>> {
    const requests = packed(outgoing, await batchSizesOf(outgoing, this.#options.catalog), this.#options.classes);
    const refused = await mapConcurrently(requests, PARALLEL_REQUESTS, (request) => this.#sendRequest(request));
    return new Set(refused.flat());
  }

  /**
   * Returns the ids of the tasks that were refused. A request that fails as a whole refuses all: the client has tried
   * again.
   */
  async #sendRequest({ executorKey, delaySeconds, messages }: OutgoingRequest): Promise<TaskId[]> {
    try {
      const { Failed: failed = [] } = await this.#client.send(
        new SendMessageBatchCommand({
          QueueUrl: this.#urlOf(executorKey),
          Entries: messages.map(({ body, tasks }, index) => ({
            Id: String(index),
            ...entryOf(body, tasks, delaySeconds),
          })),
        }),
      );
      return failed.flatMap(({ Id: id }) => idsOf(messages[Number(id)]?.tasks ?? []));
    } catch {
      return messages.flatMap(({ tasks }) => idsOf(tasks));
    }
  }

  #urlOf(executorKey: string): string {
    return this.#options.queueUrlPrefix + queueNameOf(executorKey);
  }
}

/** Returns a message of tasks of one tenant, each of which has its trace within. */
function entryOf(body: string, [first]: readonly TaskSeed[], delaySeconds: number) {
  const { tenantId, traceHeader } = first ?? {};
  const traceId = traceIdOf(traceHeader);
  return compact({
    MessageBody: body,
    // On a standard queue the group makes it a fair queue: a noisy tenant does not delay the others.
    MessageGroupId: tenantId,
    DelaySeconds: delaySeconds === 0 ? undefined : delaySeconds,
    // Otherwise SQS would keep the header of the request, which the X-Ray SDK marks as sampled: Lambda is not to trace the invocation, too.
    MessageSystemAttributes: traceId === undefined ? undefined : { AWSTraceHeader: stringAttribute(headerOf(traceId)) },
  });
}

const idsOf = (tasks: readonly TaskSeed[]): TaskId[] => tasks.map(({ id }) => id);

const stringAttribute = (value: string): MessageSystemAttributeValue => ({ DataType: 'String', StringValue: value });

/** Reads the depths of queues from SQS, which counts about right, and a moment late. */
export class SqsQueueDepths implements QueueDepths {
  readonly #client: SQSClient;
  readonly #queueUrlPrefix: string;

  /** `queueUrlPrefix` is everything of a queue's URL before its name. */
  constructor(client: SQSClient, queueUrlPrefix: string) {
    this.#client = client;
    this.#queueUrlPrefix = queueUrlPrefix;
  }

  async read(queueName: string): Promise<Depth> {
    const { Attributes: { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = {} } =
      await this.#client.send(
        new GetQueueAttributesCommand({
          QueueUrl: this.#queueUrlPrefix + queueName,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
    return {
      depth: Number(ApproximateNumberOfMessages ?? 0),
      inFlight: Number(ApproximateNumberOfMessagesNotVisible ?? 0),
    };
  }
}
