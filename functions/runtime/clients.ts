import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Lambda } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Meter } from '../core/ports.ts';
import { log } from './log.ts';
import { templated } from './request-template.ts';
import { timed } from './timed.ts';

/**
 * A client may have so many connections to its one host; they are kept for 30 s without a call. The SDK's own maximum is as
 * large (AWS SDK for JavaScript, "Configuring maxSockets in Node.js"), and a bulk submit, which has most under way, has
 * 50 calls at a time (`routes/submit-tasks.ts`). What is more, as queries of very many index shards, waits its turn.
 */
const connections = { keepAlive: true, maxSockets: 50, timeout: 30_000 } as const;

/** A call waits so long for a connection, free or new; one that has none by then is tried again as if nobody had answered. */
const CONNECTION_MILLISECONDS = 1_000;

const requestsWithin = (requestTimeout: number) => ({
  connectionTimeout: CONNECTION_MILLISECONDS,
  requestTimeout,
  throwOnRequestTimeout: true,
  httpAgent: connections,
  httpsAgent: connections,
});

/** Calls that answer in milliseconds give up early and try again, within their caller's own patience. */
const options = { maxAttempts: 3, requestHandler: requestsWithin(3_000) } as const;

/**
 * Takes the log out of a client: the SDK copies every input and output for it, also where nobody has asked for one, which is a
 * sixth of the CPU of a batch of small tasks (`npm run loadtest:overhead`).
 */
function unlogged<T extends { readonly middlewareStack: { remove(name: string): boolean } }>(client: T): T {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** Makes a client whose calls are timed where it is given a meter. */
export const dynamoClient = (meter?: Meter): DynamoDBClient =>
  timed(templated(unlogged(new DynamoDBClient(options)), log), meter);

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(options);

/** Makes a client that calls its own endpoint, since queue URLs are built from names. */
export const sqsClient = (meter?: Meter): SQSClient =>
  timed(templated(unlogged(new SQSClient({ ...options, useQueueUrlAsEndpoint: false })), log), meter);

/** Loads a client that calls functions, and changes what calls them. */
export async function loadLambda(): Promise<Lambda> {
  const { Lambda } = await import('@aws-sdk/client-lambda');
  return new Lambda(options);
}

/** Loads a client for objects of several MB; two tries end before any function does that waits for them. */
export async function s3Client(meter: Meter): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ maxAttempts: 2, requestHandler: requestsWithin(5_000) });
  return timed(client, meter);
}

/** Loads a client that looks for lines in logs, which may take seconds; whoever waits for them begins no call that is late. */
export async function logsClient(meter: Meter): Promise<CloudWatchLogsClient> {
  const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = new CloudWatchLogsClient({ maxAttempts: 2, requestHandler: requestsWithin(8_000) });
  return timed(client, meter);
}
