import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

/** For calls that answer in milliseconds: give up early and try again, within the caller's own patience. */
const calls = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

export const dynamoClient = (): DynamoDBClient => new DynamoDBClient(calls);

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(calls);

export const lambdaClient = (): LambdaClient => new LambdaClient(calls);

/** Queue URLs are built from names, so the client's own endpoint is the one to call. */
export const sqsClient = (): SQSClient => new SQSClient({ ...calls, useQueueUrlAsEndpoint: false });

/** For objects of several MB; two tries end before any function does that waits for them. */
export async function s3Client(): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  return new S3Client({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  });
}
