import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoSettingsStore } from '../adapters/dynamo-settings-store.ts';
import { DynamoTaskStore } from '../adapters/dynamo-task-store.ts';
import { lazyHttpClient } from '../adapters/lazy-http-client.ts';
import { SqsDeliveries } from '../adapters/sqs-deliveries.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { TieredPayloadStore } from '../adapters/tiered-payload-store.ts';
import { dynamoClient, s3Client, sqsClient } from '../runtime/clients.ts';
import { env, taskStoreOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { beginTrace, traced, traceHeader, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import { deliveryOf } from './delivery-of.ts';
import { handleBatch } from './handle-batch.ts';

const [meter, clock] = [new EmfMeter(), Date.now];
const [dynamo, sqs, s3] = [traced(dynamoClient()), traced(sqsClient()), async () => traced(await s3Client())];
const [queueUrlPrefix, deadLetterQueueUrl] = [env('queueUrlPrefix'), env('deadLetterQueueUrl')];
const options = { ...taskStoreOptions(), bucket: env('payloadBucket') };
const { retentionDays } = options;

const ports = {
  store: new DynamoTaskStore(dynamo, options),
  queue: new SqsTaskQueue(sqs, { queueUrlPrefix, traceHeader }),
  deliveries: new SqsDeliveries(sqs, { queueUrlPrefix, deadLetterQueueUrl }),
  payloads: new TieredPayloadStore(dynamo, s3, options),
  settings: new DynamoSettingsStore(dynamo, { tableName: env('definitionsTable'), clock, log }),
  http: lazyHttpClient(env('outboundHosts')),
  ...{ catalog: tasks, retentionDays, clock, sleep, random: Math.random, ids, meter, tracing, log },
};

export const handler: SQSHandler = async ({ Records: records }, context) => {
  await beginTrace();
  const kept = await handleBatch(records.map(deliveryOf), context.getRemainingTimeInMillis() / 1000, ports);
  meter.flush();
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
};
