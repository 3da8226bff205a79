import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { SqsDeadLetters } from '../adapters/sqs/dead-letters.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { concurrency, env, taskStoreOptions, tenantClaim, tenantLimits } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { laneSnapshot, queueDepths, rateBuckets, statistics, taskPorts } from '../runtime/wiring.ts';
import { beginTrace, traced, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';
import { LaneGate } from './submit/lane-gate.ts';
import { TenantGate } from './submit/tenant-gate.ts';

const meter = new EmfMeter();
const [dynamo, sqs] = [traced(dynamoClient(meter)), traced(sqsClient(meter))];
const queueUrlPrefix = env('queueUrlPrefix');
const [tasksWith, usage, depths] = [taskPorts(dynamo, sqs, meter, tasks), statistics(dynamo), queueDepths(sqs)];

const ports: RouterPorts = {
  ...tasksWith,
  statistics: usage,
  lanes: new LaneGate({ ...tasksWith, snapshot: laneSnapshot(dynamo), depths }),
  tenants: new TenantGate({ ...tasksWith, buckets: rateBuckets(dynamo), usage }),
  deadLetters: new SqsDeadLetters(sqs, queueUrlPrefix),
  queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
  tableShards: taskStoreOptions().tableNames.length,
  ...{ depths, concurrency: concurrency() },
  ...{ tenantClaim: tenantClaim(), tenantLimits: tenantLimits(), ids, tracing },
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = async (event) => {
  await beginTrace();
  const response = await answer(event, ports);
  meter.flush();
  return response;
};
