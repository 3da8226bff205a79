import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoSettingsStore } from '../adapters/dynamo-settings-store.ts';
import { DynamoTaskStore } from '../adapters/dynamo-task-store.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { TieredPayloadStore } from '../adapters/tiered-payload-store.ts';
import { dynamoClient, s3Client, sqsClient } from '../runtime/clients.ts';
import { env, executorShards, taskStoreOptions, tenantClaim } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { beginTrace, traced, traceHeader, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';

const [meter, clock] = [new EmfMeter(), Date.now];
const [dynamo, s3] = [traced(dynamoClient()), async () => traced(await s3Client())];
const options = { ...taskStoreOptions(), bucket: env('payloadBucket') };
const { tableNames, retentionDays } = options;
const queueUrlPrefix = env('queueUrlPrefix');

const ports: RouterPorts = {
  store: new DynamoTaskStore(dynamo, options),
  queue: new SqsTaskQueue(traced(sqsClient()), { queueUrlPrefix, traceHeader }),
  payloads: new TieredPayloadStore(dynamo, s3, options),
  settings: new DynamoSettingsStore(dynamo, { tableName: env('definitionsTable'), clock, log }),
  queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
  ...{ tableShards: tableNames.length, executorShards: executorShards(), tenantClaim: tenantClaim() },
  ...{ catalog: tasks, retentionDays, clock, ids, meter, tracing, log },
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = async (event) => {
  await beginTrace();
  const response = await answer(event, ports);
  meter.flush();
  return response;
};
