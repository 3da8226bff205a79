import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env, taskStoreOptions, tenantClaim } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { statistics, taskPorts } from '../runtime/wiring.ts';
import { beginTrace, traced, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';

const [dynamo, meter] = [traced(dynamoClient()), new EmfMeter()];
const queueUrlPrefix = env('queueUrlPrefix');

const ports: RouterPorts = {
  ...taskPorts(dynamo, traced(sqsClient())),
  statistics: statistics(dynamo),
  queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
  tableShards: taskStoreOptions().tableNames.length,
  ...{ catalog: tasks, tenantClaim: tenantClaim(), ids, meter, tracing },
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = async (event) => {
  await beginTrace();
  const response = await answer(event, ports);
  meter.flush();
  return response;
};
