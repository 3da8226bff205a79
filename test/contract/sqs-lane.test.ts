import {
  CreateQueueCommand,
  type Message,
  type MessageSystemAttributeName,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SqsDeliveries } from '../../functions/adapters/sqs/deliveries.ts';
import { SqsTaskQueue } from '../../functions/adapters/sqs/task-queue.ts';
import type { Delivery } from '../../functions/core/ports.ts';
import { decodeMessage } from '../../functions/core/task/message.ts';
import type { TaskSeed } from '../../functions/core/task/task.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed } from '../doubles/task-seed.ts';

const client = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
const prefix = `contract-${Date.now()}-`;
const queueUrlPrefix = `${awsClient.endpoint}/000000000000/${prefix}`;
const deadLetterQueueUrl = `${queueUrlPrefix}dead-letters`;
const traceHeader = 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Parent=53995c3f42cd8ad8;Sampled=1';
const unsampled = 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Sampled=0';
const queue = new SqsTaskQueue(client, { queueUrlPrefix, catalog: {}, classes: RESOURCE_CLASS_SPECS });
const deliveries = new SqsDeliveries(client, { queueUrlPrefix, deadLetterQueueUrl });

beforeAll(async () => {
  for (const name of ['default-high-0', 'dead-letters']) {
    await client.send(new CreateQueueCommand({ QueueName: prefix + name, Attributes: { VisibilityTimeout: '300' } }));
  }
});

async function receive(url = `${queueUrlPrefix}default-high-0`, WaitTimeSeconds = 1): Promise<Message | undefined> {
  const { Messages: [message] = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      WaitTimeSeconds,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'] as MessageSystemAttributeName[],
    }),
  );
  return message;
}

const deliveryOf = ({ MessageId = '', ReceiptHandle = '', Body = '' }: Message): Delivery => ({
  messageId: MessageId,
  queueName: `${prefix}default-high-0`,
  receipt: ReceiptHandle,
  receiveCount: 1,
  body: Body,
});

describe('a lane on SQS', () => {
  const seed = () => taskSeed({ executorKey: 'default/high/0', priority: 'high', traceHeader });

  it('carries the task whole, with its tenant as group, and its trace within: to Lambda it is never sampled', async () => {
    const task = seed();
    await queue.send(task, 0);
    const message = await receive();
    expect(decodeMessage(message?.Body ?? '')).toEqual({ result: 'tasks', tasks: [task] });
    expect(message?.Attributes).toMatchObject({ MessageGroupId: task.tenantId, AWSTraceHeader: unsampled });
  });

  it('carries a hundred small tasks for two requests, and tells what is refused', async () => {
    const tasks = Array.from({ length: 100 }, seed);
    let requests = 0;
    const counting = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
    counting.middlewareStack.add(
      (next) => (args) => {
        requests += Math.ceil(JSON.stringify(args.input).length / 65_536);
        return next(args);
      },
      { step: 'initialize' },
    );
    const many = new SqsTaskQueue(counting, { queueUrlPrefix, catalog: {}, classes: RESOURCE_CLASS_SPECS });
    expect(await many.sendAll(tasks.map((task) => ({ task, delaySeconds: 0 })))).toEqual(new Set());
    expect(requests).toBe(2);
    const delivered: TaskSeed[] = [];
    for (;;) {
      const message = await receive();
      if (message === undefined) break;
      const decoded = decodeMessage(message.Body ?? '');
      if (decoded.result === 'tasks') delivered.push(...decoded.tasks);
    }
    expect(delivered.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(tasks);
    const lost = tasks.map((task) => ({ task: { ...task, executorKey: 'default/gone/0' }, delaySeconds: 0 }));
    expect(await many.sendAll(lost)).toEqual(new Set(tasks.map(({ id }) => id)));
  });

  it('delivers a delayed task only after its delay', async () => {
    await queue.send(seed(), 4);
    expect(await receive(undefined, 0)).toBeUndefined();
    expect(await receive(undefined, 20)).toBeDefined();
  });

  it('delivers again as soon as a hold ends, not at the end of its own visibility timeout', async () => {
    await queue.send(seed(), 0);
    const message = await receive();
    if (message === undefined) throw new Error('nothing was delivered');
    await deliveries.extend([{ delivery: deliveryOf(message), seconds: 4 }]);
    expect(await receive(undefined, 0)).toBeUndefined();
    expect((await receive(undefined, 20))?.MessageId).toBe(message.MessageId);
  });

  it('gives an executor the messages that it asks for, counted and hidden for as long as it says', async () => {
    const queueName = `${prefix}default-high-0`;
    const options = { most: 2, waitSeconds: 1, visibilitySeconds: 4 };
    expect(await deliveries.receive(queueName, options)).toEqual([]);
    const tasks = [seed(), seed(), seed()];
    for (const task of tasks) await queue.send(task, 0);
    const given: Delivery[] = [];
    while (given.length < tasks.length) {
      const received = await deliveries.receive(queueName, options);
      expect(received.length).toBeLessThanOrEqual(2);
      given.push(...received);
    }
    expect(given.map(({ receiveCount, queueName: name }) => [receiveCount, name])).toEqual(
      Array(tasks.length).fill([1, queueName]),
    );
    expect(await deliveries.receive(queueName, { ...options, waitSeconds: 0 })).toEqual([]);
    const [first, ...others] = given;
    if (first === undefined) throw new Error('nothing was given');
    await deliveries.discard(others);
    await expect
      .poll(() => deliveries.receive(queueName, options), { timeout: 20_000 })
      .toMatchObject([{ messageId: first.messageId, receiveCount: 2, body: first.body }]);
  });

  it('holds more messages than one request takes', async () => {
    const messages: Message[] = [];
    for (let count = 0; count < 12; count++) {
      await queue.send(seed(), 0);
      const message = await receive();
      if (message !== undefined) messages.push(message);
    }
    await deliveries.extend(messages.map((message) => ({ delivery: deliveryOf(message), seconds: 0 })));
    const again = new Set<string | undefined>();
    for (let count = 0; count < 12; count++) again.add((await receive())?.MessageId);
    expect(again).toEqual(new Set(messages.map(({ MessageId }) => MessageId)));
  });

  it('delivers what is discarded no more', async () => {
    await queue.send(seed(), 0);
    const message = await receive();
    if (message === undefined) throw new Error('nothing was delivered');
    await deliveries.extend([{ delivery: deliveryOf(message), seconds: 1 }]);
    await deliveries.discard([deliveryOf(message)]);
    expect(await receive(undefined, 3)).toBeUndefined();
  });

  it('sets a message aside with the reason and the lane that it came from', async () => {
    await queue.send(seed(), 0);
    const message = await receive();
    if (message === undefined) throw new Error('nothing was delivered');
    await deliveries.quarantine(deliveryOf(message), 'task.id: is no task id');
    const letter = await receive(deadLetterQueueUrl);
    expect(letter?.Body).toBe(message.Body);
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'task.id: is no task id' },
      queueName: { StringValue: `${prefix}default-high-0` },
    });
  });
});
