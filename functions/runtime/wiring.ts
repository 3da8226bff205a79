import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoSettingsStore } from '../adapters/dynamo-settings-store.ts';
import { DynamoStatistics } from '../adapters/dynamo-statistics.ts';
import { DynamoTaskStore } from '../adapters/dynamo-task-store.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { TieredPayloadStore } from '../adapters/tiered-payload-store.ts';
import { s3Client } from './clients.ts';
import { env, taskStoreOptions } from './env.ts';
import { log } from './log.ts';
import { traced, traceHeader } from './xray-tracing.ts';

// The ports that several doors need, as this deployment has them. Each door takes its own, so its bundle has no other.

export const taskStore = (dynamo: DynamoDBClient): DynamoTaskStore => new DynamoTaskStore(dynamo, taskStoreOptions());

export const taskQueue = (sqs: SQSClient): SqsTaskQueue =>
  new SqsTaskQueue(sqs, { queueUrlPrefix: env('queueUrlPrefix'), traceHeader });

export const payloadStore = (dynamo: DynamoDBClient): TieredPayloadStore =>
  new TieredPayloadStore(dynamo, async () => traced(await s3Client()), {
    ...taskStoreOptions(),
    bucket: env('payloadBucket'),
  });

export const settingsStore = (dynamo: DynamoDBClient): DynamoSettingsStore =>
  new DynamoSettingsStore(dynamo, { tableName: env('definitionsTable'), clock: Date.now, log });

/** Of the tasks, and of what a tenant takes. */
export const statistics = (dynamo: DynamoDBClient): DynamoStatistics =>
  new DynamoStatistics(dynamo, { tableName: env('statisticsTable'), clock: Date.now });
