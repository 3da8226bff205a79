import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, expect, inject, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { submit, until } from './api.ts';

const { eventBus } = inject('stack');
const bus = new EventBridgeClient(awsClient);
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });

let QueueUrl: string | undefined;
beforeAll(async () => {
  ({ QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `events-${Date.now()}` })));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const rule = { EventBusName: eventBus, Name: 'everything' };
  await bus.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['millrace'] }) }));
  await bus.send(
    new PutTargetsCommand({
      EventBusName: eventBus,
      Rule: rule.Name,
      Targets: [{ Id: 'queue', Arn: Attributes?.QueueArn }],
    }),
  );
});

type Event = { readonly 'detail-type': string; readonly detail: Record<string, unknown> };

/** Returns the events of a task, once its last is there. */
async function eventsOf(id: string, last: string): Promise<Event[]> {
  const events = new Map<unknown, Event>();
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    for (const { Body: body = '' } of messages) {
      const event = JSON.parse(body) as Event;
      if (event.detail.taskInstanceId === id) events.set(event.detail.id, event);
    }
    if ([...events.values()].some((event) => event['detail-type'] === last)) break;
  }
  return [...events.values()];
}

it('the bus is told what happens to a task, and never what it works on', async () => {
  const { id } = await submit({ type: 'markdown.render', input: { markdown: '# secret' }, priority: 'high' });
  await until(id, 'succeeded');
  const events = await eventsOf(id, 'task.succeeded');
  expect(events.map((event) => event['detail-type']).toSorted()).toEqual([
    ...['task.queued', 'task.running', 'task.succeeded'],
  ]);
  const queued = events.find((event) => event['detail-type'] === 'task.queued');
  expect(queued?.detail).toMatchObject({
    executorKey: expect.stringMatching(/^default\/high\/[01]$/),
    queueName: expect.stringMatching(/^millrace-default-high-[01]$/),
    taskInstanceId: id,
    tenantId: 'local',
  });
  expect(JSON.stringify(events)).not.toContain('secret');
}, 90_000);

it('the bus is told of a delayed task that it was queued when it was due', async () => {
  const task = { type: 'markdown.render', input: { markdown: '# later' }, priority: 'high', delaySeconds: 2 };
  const { id } = await submit(task);
  await until(id, 'succeeded');
  const events = await eventsOf(id, 'task.succeeded');
  expect(events.map((event) => event['detail-type']).toSorted()).toEqual([
    ...['task.queued', 'task.running', 'task.scheduled', 'task.succeeded'],
  ]);
  const detailOf = (name: string) => events.find((event) => event['detail-type'] === name)?.detail;
  expect(detailOf('task.queued')).toMatchObject({
    executorKey: expect.stringMatching(/^default\/high\/[01]$/),
    queueName: expect.stringMatching(/^millrace-default-high-[01]$/),
    taskInstanceId: id,
    status: 'queued',
    at: detailOf('task.scheduled')?.runAt,
  });
}, 90_000);
