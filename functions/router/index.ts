import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoTaskStore } from '../adapters/dynamo-task-store.ts';
import { S3PayloadStore } from '../adapters/s3-payload-store.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { systemIds } from '../adapters/system-ids.ts';
import { dynamoClient, s3Client, sqsClient } from '../runtime/clients.ts';
import { env, taskStoreOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { traced, traceHeader, xrayTracing } from '../runtime/xray-tracing.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';

const meter = new EmfMeter();
const queueUrlPrefix = env('queueUrlPrefix');

const ports: RouterPorts = {
  store: new DynamoTaskStore(traced(dynamoClient()), taskStoreOptions()),
  queue: new SqsTaskQueue(traced(sqsClient()), { queueUrlPrefix, traceHeader }),
  payloads: new S3PayloadStore(env('payloadBucket'), async () => traced(await s3Client())),
  catalog: tasks,
  clock: Date.now,
  ids: systemIds,
  meter,
  tracing: xrayTracing,
  log,
  queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = async (event) => {
  const response = await answer(event, ports);
  meter.flush();
  return response;
};
