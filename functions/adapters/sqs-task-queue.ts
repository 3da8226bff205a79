import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { queueNameOf } from '../contract.ts';
import { encodeMessage } from '../core/message.ts';
import type { TaskQueue } from '../core/ports.ts';
import type { TaskSeed } from '../core/task.ts';

export type SqsTaskQueueOptions = {
  /** Everything of a lane's queue URL before its name. */
  readonly queueUrlPrefix: string;
  /** The X-Ray header of the trace in which a message is sent, so that the attempt joins it. */
  readonly traceHeader: () => string | undefined;
};

/** The lanes on SQS standard queues: one queue for each executor key. */
export class SqsTaskQueue implements TaskQueue {
  readonly #client: SQSClient;
  readonly #options: SqsTaskQueueOptions;

  constructor(client: SQSClient, options: SqsTaskQueueOptions) {
    this.#client = client;
    this.#options = options;
  }

  async send(task: TaskSeed, delaySeconds: number): Promise<void> {
    const traceHeader = this.#options.traceHeader();
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#options.queueUrlPrefix + queueNameOf(task.executorKey),
        MessageBody: encodeMessage(task),
        // On a standard queue the group makes it a fair queue: a noisy tenant does not delay the others.
        MessageGroupId: task.tenantId,
        ...(delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds }),
        ...(traceHeader === undefined
          ? {}
          : { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } } }),
      }),
    );
  }
}
