import { ChangeMessageVisibilityBatchCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Deliveries, Delivery } from '../core/ports.ts';

export type SqsDeliveriesOptions = {
  /** Everything of a lane's queue URL before its name; a delivery names its queue whole. */
  readonly queueUrlPrefix: string;
  readonly deadLetterQueueUrl: string;
};

/** Entries of one `ChangeMessageVisibilityBatch` request (SQS API reference). */
const BATCH_ENTRIES = 10;

/** The executor's side of its lanes on SQS. */
export class SqsDeliveries implements Deliveries {
  readonly #client: SQSClient;
  readonly #deadLetterQueueUrl: string;
  /** A queue's URL less its name: `https://sqs.<region>.amazonaws.com/<account>/`. */
  readonly #queueUrlBase: string;

  constructor(client: SQSClient, { queueUrlPrefix, deadLetterQueueUrl }: SqsDeliveriesOptions) {
    this.#client = client;
    this.#deadLetterQueueUrl = deadLetterQueueUrl;
    this.#queueUrlBase = queueUrlPrefix.slice(0, queueUrlPrefix.lastIndexOf('/') + 1);
  }

  async hold(messages: readonly { readonly delivery: Delivery; readonly seconds: number }[]): Promise<void> {
    for (let start = 0; start < messages.length; start += BATCH_ENTRIES) {
      const batch = messages.slice(start, start + BATCH_ENTRIES);
      const [first] = batch;
      if (first === undefined) return;
      // One invocation takes from one lane, so the first message names the queue of all.
      await this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#queueUrlBase + first.delivery.queueName,
          Entries: batch.map(({ delivery, seconds }, index) => ({
            Id: String(index),
            ReceiptHandle: delivery.receipt,
            VisibilityTimeout: seconds,
          })),
        }),
      );
    }
  }

  async quarantine(delivery: Delivery, reason: string): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#deadLetterQueueUrl,
        MessageBody: delivery.body,
        MessageAttributes: {
          reason: { DataType: 'String', StringValue: reason },
          queueName: { DataType: 'String', StringValue: delivery.queueName },
        },
      }),
    );
  }
}
