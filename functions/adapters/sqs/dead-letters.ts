import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { deadLettersNameOf, type ResourceClass } from '../../contract.ts';
import { chunksOf, mapConcurrently } from '../../core/concurrency.ts';
import type { DeadLetter, DeadLetters } from '../../core/lane/dead-letters.ts';

/** One request has at most so many messages (SQS API reference). */
const REQUEST_MESSAGES = 10;
const PARALLEL_REQUESTS = 10;

/** A wait makes SQS ask all of its servers, so that nothing received means that nothing is there. */
const WAIT_SECONDS = 1;

/** The dead-letter queues on SQS, one for each class. `StartMessageMoveTask` can choose neither lanes nor messages. */
export class SqsDeadLetters implements DeadLetters {
  readonly #client: SQSClient;
  /** Everything of a queue's URL before its name. */
  readonly #queueUrlPrefix: string;

  constructor(client: SQSClient, queueUrlPrefix: string) {
    this.#client = client;
    this.#queueUrlPrefix = queueUrlPrefix;
  }

  async take(resourceClass: ResourceClass, seconds: number): Promise<readonly DeadLetter[]> {
    const { Messages: messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.#urlOf(resourceClass),
        MaxNumberOfMessages: REQUEST_MESSAGES,
        VisibilityTimeout: seconds,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageAttributeNames: ['reason', 'queueName'],
        MessageSystemAttributeNames: ['SentTimestamp', 'DeadLetterQueueSourceArn'],
      }),
    );
    return messages.map((message) => this.#letterOf(message));
  }

  async held(resourceClass: ResourceClass): Promise<number> {
    const { Attributes: { ApproximateNumberOfMessagesNotVisible } = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#urlOf(resourceClass),
        AttributeNames: ['ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Number(ApproximateNumberOfMessagesNotVisible ?? 0);
  }

  async giveBack(resourceClass: ResourceClass, letters: readonly DeadLetter[]): Promise<void> {
    await mapConcurrently(batchesOf(letters), PARALLEL_REQUESTS, (request) =>
      this.#client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: this.#urlOf(resourceClass),
          Entries: request.map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
        }),
      ),
    );
  }

  async remove(resourceClass: ResourceClass, letters: readonly DeadLetter[]): Promise<void> {
    await mapConcurrently(batchesOf(letters), PARALLEL_REQUESTS, (request) =>
      this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#urlOf(resourceClass), Entries: [...request] })),
    );
  }

  #letterOf({ MessageId, ReceiptHandle, Body, Attributes, MessageAttributes }: Message): DeadLetter {
    // An executor notes the queue of what it sets aside; SQS itself notes the one it took a message from.
    const queueName =
      MessageAttributes?.queueName?.StringValue ?? Attributes?.DeadLetterQueueSourceArn?.split(':').at(-1);
    const prefix = this.#queueUrlPrefix.slice(this.#queueUrlPrefix.lastIndexOf('/') + 1);
    return {
      messageId: MessageId ?? '',
      receipt: ReceiptHandle ?? '',
      body: Body ?? '',
      sentAt: Number(Attributes?.SentTimestamp ?? 0),
      laneName: queueName?.startsWith(prefix) ? queueName.slice(prefix.length) : undefined,
      reason: MessageAttributes?.reason?.StringValue,
    };
  }

  #urlOf(resourceClass: ResourceClass): string {
    return this.#queueUrlPrefix + deadLettersNameOf(resourceClass);
  }
}

const batchesOf = (letters: readonly DeadLetter[]) =>
  chunksOf(letters, REQUEST_MESSAGES).map((request) =>
    request.map(({ receipt }, place) => ({ Id: String(place), ReceiptHandle: receipt })),
  );
