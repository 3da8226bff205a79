import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env, executorShards, taskStoreOptions, tenantClaim } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { payloadStore, settingsStore, taskQueue, taskStore } from '../runtime/wiring.ts';
import { beginTrace, traced, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';

const meter = new EmfMeter();
const dynamo = traced(dynamoClient());
const { tableNames, retentionDays } = taskStoreOptions();
const queueUrlPrefix = env('queueUrlPrefix');

const ports: RouterPorts = {
  store: taskStore(dynamo),
  queue: taskQueue(traced(sqsClient())),
  payloads: payloadStore(dynamo),
  settings: settingsStore(dynamo),
  queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
  ...{ tableShards: tableNames.length, executorShards: executorShards(), tenantClaim: tenantClaim() },
  ...{ catalog: tasks, retentionDays, clock: Date.now, ids, meter, tracing, log },
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = async (event) => {
  await beginTrace();
  const response = await answer(event, ports);
  meter.flush();
  return response;
};
