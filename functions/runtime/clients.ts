import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Meter } from '../core/ports.ts';
import { timed } from './timed.ts';

/** For calls that answer in milliseconds: give up early and try again, within the caller's own patience. */
const calls = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

/**
 * The SDK copies every input and output for its log, also where nobody has asked for one: a sixth of the CPU of a batch of
 * small tasks (`npm run loadtest:overhead`).
 */
function unlogged<T extends { readonly middlewareStack: { remove(name: string): boolean } }>(client: T): T {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** The calls of a client are timed where it is given a meter. */
export const dynamoClient = (meter?: Meter): DynamoDBClient => timed(unlogged(new DynamoDBClient(calls)), meter);

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(calls);

export const lambdaClient = (): LambdaClient => new LambdaClient(calls);

/** Queue URLs are built from names, so the client's own endpoint is the one to call. */
export const sqsClient = (meter?: Meter): SQSClient =>
  timed(unlogged(new SQSClient({ ...calls, useQueueUrlAsEndpoint: false })), meter);

/** For objects of several MB; two tries end before any function does that waits for them. */
export async function s3Client(meter: Meter): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
  return timed(client, meter);
}
