import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunksOf, mapConcurrently } from '../../core/concurrency.ts';
import type { Deliveries, Delivery, ReceiveOptions } from '../../core/ports.ts';

export type SqsDeliveriesOptions = {
  /** Everything of a lane's queue URL before its name; a delivery names its queue whole. */
  readonly queueUrlPrefix: string;
  readonly deadLetterQueueUrl: string;
};

/** One batch request has at most so many entries (SQS API reference). */
const BATCH_ENTRIES = 10;

/** Ten at a time, for no attempt begins before its message is held, and a batch lane gathers a thousand messages. */
const PARALLEL_REQUESTS = 10;

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

  async receive(queueName: string, { most, waitSeconds, visibilitySeconds }: ReceiveOptions): Promise<Delivery[]> {
    const { Messages: messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#queueUrlBase + queueName,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    );
    return messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
      messageId: MessageId,
      queueName,
      receipt: ReceiptHandle,
      receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
      body: Body,
    }));
  }

  async extend(messages: readonly { readonly delivery: Delivery; readonly seconds: number }[]): Promise<void> {
    const batches = this.#batches(messages, ({ delivery }) => delivery);
    await mapConcurrently(batches, PARALLEL_REQUESTS, async ({ QueueUrl, part }) => {
      const Entries = part.map(({ delivery: { receipt }, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
        VisibilityTimeout: seconds,
      }));
      await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    });
  }

  async discard(deliveries: readonly Delivery[]): Promise<void> {
    for (const { QueueUrl, part } of this.#batches(deliveries, (delivery) => delivery)) {
      const Entries = part.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
      await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  /** One invocation takes from one lane, so the first message names the queue of all. */
  #batches<Item>(items: readonly Item[], deliveryOf: (item: Item) => Delivery) {
    const [first] = items;
    if (first === undefined) return [];
    const QueueUrl = this.#queueUrlBase + deliveryOf(first).queueName;
    return chunksOf(items, BATCH_ENTRIES).map((part) => ({ QueueUrl, part }));
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
