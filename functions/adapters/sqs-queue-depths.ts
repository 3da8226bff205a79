import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Depth, QueueDepths } from '../core/lane.ts';

/** What SQS tells of its queues: about right, and a moment late. */
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
