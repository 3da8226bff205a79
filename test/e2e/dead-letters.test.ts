import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { MAX_RECEIVE_COUNT } from '../../functions/contract.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { call, post, submit, until } from './api.ts';

/** No other test uses this lane. */
const LANE = 'memory-intensive-high-0';
const QueueUrl = `${awsClient.endpoint}/000000000000/millrace-${LANE}`;
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
const lambda = new LambdaClient(awsClient);

/** Lets the executor take from the lane, or not. */
async function setEventSource(Enabled: boolean): Promise<void> {
  const { EventSourceMappings: mappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: 'millrace-executor-memory-intensive-0' }),
  );
  const mapping = mappings.find(({ EventSourceArn }) => EventSourceArn?.endsWith(`:millrace-${LANE}`));
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID: mapping?.UUID, Enabled }));
}

type Letter = {
  readonly messageId: string;
  readonly reason: { code: string; message: string };
  readonly task?: object;
};
const lettersOf = async () => (await call('GET', `/api/lanes/${LANE}/dead-letters`)).body.items as Letter[];

/** Returns the dead letters of the lane, once there are so many. */
async function letters(count: number): Promise<Letter[]> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await lettersOf();
    if (found.length >= count || Date.now() > deadline) return found;
    await sleep(200);
  }
}

it('a task whose executor never took it is a dead letter, says so, and runs when it is redriven', async () => {
  await setEventSource(false);
  await sleep(1000);
  const { id } = await submit({ type: 'csv.summarize', input: { text: 'a\n1\n' }, priority: 'high' });
  for (let receives = 0; receives <= MAX_RECEIVE_COUNT; receives++) {
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, WaitTimeSeconds: 1 }));
  }
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"v":1,"tasks":[]}', MessageGroupId: 'local' }));
  await setEventSource(true);
  const found = await letters(2);
  expect(found.map(({ reason, task }) => ({ ...reason, task })).toSorted((a, b) => (a.code < b.code ? -1 : 1))).toEqual(
    [
      {
        code: 'deliveries_exhausted',
        message: 'it was delivered 5 times, and no executor brought it to an end',
        task: { id, type: 'csv.summarize', status: 'queued', attempt: 0 },
      },
      { code: 'malformed', message: expect.stringMatching(/^tasks: /), task: undefined },
    ],
  );
  expect(await post(`/api/lanes/${LANE}/redrive`, {})).toMatchObject({
    status: 202,
    body: { messages: 1, tasks: 1, unreadable: 1, refused: 0, hasMore: false, isMoreLeft: false },
  });
  expect(await until(id, 'succeeded')).toMatchObject({ attempt: 1, output: { rows: 1 } });
  const [left, ...others] = await lettersOf();
  expect([left?.reason.code, others]).toEqual(['malformed', []]);
  const path = `/api/lanes/${LANE}/dead-letters/${left?.messageId}`;
  expect(await call('GET', path)).toMatchObject({ status: 200, body: { tasks: [], message: { v: 1, tasks: [] } } });
  expect(await post(`${path}/redrive`, {})).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
  expect(await call('DELETE', path)).toMatchObject({ status: 200, body: { cancelled: 0 } });
  expect(await lettersOf()).toEqual([]);
}, 120_000);
