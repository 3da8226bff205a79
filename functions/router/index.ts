import { tasks } from 'millrace:tasks';
import type { APIGatewayProxyHandlerV2WithLambdaAuthorizer } from 'aws-lambda';
import { SqsDeadLetters } from '../adapters/sqs/dead-letters.ts';
import { systemIds } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env, functionName, routerSettings, tracedShare } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { surviveStrayErrors } from '../runtime/stray-errors.ts';
import { traced, xrayTracing } from '../runtime/tracing/xray-tracing.ts';
import { endOf, laneSnapshot, queueDepths, rateBuckets, statistics, taskPorts } from '../runtime/wiring.ts';
import type { RouterPorts } from './route.ts';
import { type Authorization, answer } from './router.ts';
import { LaneGate } from './submit/lane-gate.ts';
import { TenantGate } from './submit/tenant-gate.ts';
import { TraceSampler } from './trace-sampler.ts';

const meter = new EmfMeter();
surviveStrayErrors('router', meter);
const [dynamo, sqs] = [traced(dynamoClient(meter)), traced(sqsClient(meter))];
const tasksWith = taskPorts(dynamo, sqs, meter, tasks);
const usage = statistics(dynamo);
const depths = queueDepths(sqs);

const ports: RouterPorts = {
  ...tasksWith,
  ...routerSettings(),
  statistics: usage,
  lanes: new LaneGate({ ...tasksWith, snapshot: laneSnapshot(dynamo), depths }),
  tenants: new TenantGate({ ...tasksWith, buckets: rateBuckets(dynamo), usage }),
  deadLetters: new SqsDeadLetters(sqs, env('queueUrlPrefix')),
  depths,
  ids: systemIds,
  tracing: xrayTracing,
  functionName: functionName(),
  sampler: new TraceSampler({ share: tracedShare(), clock: Date.now, random: Math.random }),
};

export const handler: APIGatewayProxyHandlerV2WithLambdaAuthorizer<Authorization> = (event, context) =>
  answer(event, ports).finally(endOf('router', meter, context));
