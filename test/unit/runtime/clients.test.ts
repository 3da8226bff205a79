import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dynamoClient, sqsClient } from '../../../functions/runtime/clients.ts';
import { serve } from '../adapters/loopback-server.ts';

/** Starts an AWS that answers nothing until it is told to, and counts the connections it has seen. */
async function silentAws() {
  const held: ServerResponse[] = [];
  let connections = 0;
  const { url, server } = await serve((_, response) => held.push(response));
  server.on('connection', () => {
    connections += 1;
  });
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  onTestFinished(() => void vi.unstubAllEnvs());
  return { held, connections: () => connections };
}

test.each([
  ['DynamoDB', () => dynamoClient(), new GetItemCommand({ TableName: 't', Key: { pk: { S: '1' } } })],
  ['SQS', () => sqsClient(), new GetQueueUrlCommand({ QueueName: 'q' })],
])(
  'a client of %s has 50 connections, and a call waits for one for a second at a time',
  async (_, make, command) => {
    const { held, connections } = await silentAws();
    const client = make() as DynamoDBClient;
    onTestFinished(() => client.destroy());
    const send = () => client.send(command as GetItemCommand);
    const first = Array.from({ length: 50 }, send);
    while (held.length < 50) await sleep(5);
    const tries: { readonly milliseconds: number; readonly reason: string }[] = [];
    client.middlewareStack.add(
      (next) => async (args) => {
        const began = performance.now();
        try {
          return await next(args);
        } catch (error) {
          tries.push({ milliseconds: performance.now() - began, reason: String(error) });
          throw error;
        }
      },
      { step: 'deserialize', priority: 'low' },
    );
    const late = send();
    while (tries.length === 0) await sleep(5);
    expect(tries[0]?.reason).toContain('did not establish a connection');
    expect(tries[0]?.milliseconds).toBeGreaterThan(900);
    expect(tries[0]?.milliseconds).toBeLessThan(1_800);
    // Its next try has a connection that is free again.
    for (const response of held) response.end('{}');
    await Promise.all(first);
    while (held.length === 50) await sleep(5);
    held.at(-1)?.end('{}');
    await late;
    expect(connections()).toBe(50);
  },
  10_000,
);
