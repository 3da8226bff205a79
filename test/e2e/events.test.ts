import { beforeAll, expect, inject, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { submit, until } from './api.ts';
import { listenTo } from './bus.ts';

let eventsOf: Awaited<ReturnType<typeof listenTo>>;
beforeAll(async () => {
  eventsOf = await listenTo(inject('stack').eventBus, awsClient);
});

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
