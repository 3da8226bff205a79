import { tasks } from 'millrace:tasks';
import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { systemIds } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { functionName, routerSettings, tracedShare } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { surviveStrayErrors } from '../runtime/stray-errors.ts';
import { traced, xrayTracing } from '../runtime/tracing/xray-tracing.ts';
import { endOf, laneSnapshot, rateBuckets, routerStores, taskPorts } from '../runtime/wiring.ts';
import type { Authorization } from './answer.ts';
import type { RouterPorts } from './route.ts';
import { answer } from './router.ts';
import { LaneGate } from './submit/lane-gate.ts';
import { TenantGate } from './submit/tenant-gate.ts';
import { TraceSampler } from './trace-sampler.ts';

const meter = new EmfMeter();
surviveStrayErrors('router', meter);
const [dynamo, sqs] = [traced(dynamoClient(meter)), traced(sqsClient(meter))];
const tasksWith = taskPorts(dynamo, sqs, meter, tasks);
const stores = routerStores(dynamo, sqs, meter);

const ports: RouterPorts = {
  ...tasksWith,
  ...routerSettings(),
  ...stores,
  lanes: new LaneGate({ ...tasksWith, ...stores, snapshot: laneSnapshot(dynamo) }),
  tenants: new TenantGate({ ...tasksWith, buckets: rateBuckets(dynamo), usage: stores.statistics }),
  ids: systemIds,
  tracing: xrayTracing,
  functionName: functionName(),
  sampler: new TraceSampler({ share: tracedShare(), clock: Date.now, random: Math.random }),
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = (event, context) =>
  answer(event, ports).finally(endOf('router', meter, context));
