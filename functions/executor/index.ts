import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoTaskStore } from '../adapters/dynamo-task-store.ts';
import { lazyHttpClient } from '../adapters/lazy-http-client.ts';
import { S3PayloadStore } from '../adapters/s3-payload-store.ts';
import { SqsDeliveries } from '../adapters/sqs-deliveries.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { systemIds } from '../adapters/system-ids.ts';
import { dynamoClient, s3Client, sqsClient } from '../runtime/clients.ts';
import { env, taskStoreOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { traced, traceHeader, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import { deliveryOf } from './delivery-of.ts';
import { handleBatch } from './handle-batch.ts';

const meter = new EmfMeter();
const sqs = traced(sqsClient());
const [queueUrlPrefix, deadLetterQueueUrl] = [env('queueUrlPrefix'), env('deadLetterQueueUrl')];

const ports = {
  store: new DynamoTaskStore(traced(dynamoClient()), taskStoreOptions()),
  queue: new SqsTaskQueue(sqs, { queueUrlPrefix, traceHeader }),
  deliveries: new SqsDeliveries(sqs, { queueUrlPrefix, deadLetterQueueUrl }),
  payloads: new S3PayloadStore(env('payloadBucket'), async () => traced(await s3Client())),
  http: lazyHttpClient(env('outboundHosts')),
  catalog: tasks,
  ...{ clock: Date.now, sleep, random: Math.random, ids: systemIds, meter, tracing, log },
};

export const handler: SQSHandler = async ({ Records: records }, context) => {
  const kept = await handleBatch(records.map(deliveryOf), context.getRemainingTimeInMillis() / 1000, ports);
  meter.flush();
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
};
