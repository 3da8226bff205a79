import type { SQSRecord } from 'aws-lambda';
import type { Delivery } from '../../core/ports.ts';
import type { TaskSeed } from '../../core/task/task.ts';

/** A task, and the message that brought it, alone or with others. */
export type DeliveredTask = { readonly task: TaskSeed; readonly delivery: Delivery };

/** Returns a record of an SQS event as the domain knows it. */
export const deliveryOf = ({ messageId, eventSourceARN, receiptHandle, attributes, body }: SQSRecord): Delivery => ({
  messageId,
  queueName: eventSourceARN.slice(eventSourceARN.lastIndexOf(':') + 1),
  receipt: receiptHandle,
  receiveCount: Number(attributes.ApproximateReceiveCount),
  body,
});
