import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { lazyHttpClient } from '../adapters/lazy-http-client.ts';
import { SqsDeliveries } from '../adapters/sqs-deliveries.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { laneLoads, taskPorts } from '../runtime/wiring.ts';
import { beginTrace, traced, xrayTracing as tracing } from '../runtime/xray-tracing.ts';
import { deliveryOf } from './delivery-of.ts';
import { handleBatch } from './handle-batch.ts';
import { HandlerThreads } from './handler-threads.ts';
import { Workload } from './workload.ts';

const [meter, dynamo, sqs] = [new EmfMeter(), traced(dynamoClient()), traced(sqsClient())];
const [queueUrlPrefix, deadLetterQueueUrl] = [env('queueUrlPrefix'), env('deadLetterQueueUrl')];
const outboundHosts = env('outboundHosts');
const { isolate } = new HandlerThreads(new URL('thread.mjs', import.meta.url), { outboundHosts });

const ports = {
  ...taskPorts(dynamo, sqs, tasks),
  deliveries: new SqsDeliveries(sqs, { queueUrlPrefix, deadLetterQueueUrl }),
  workload: new Workload(laneLoads(dynamo), log),
  http: lazyHttpClient(outboundHosts),
  ...{ isolate, sleep, random: Math.random, ids, meter, tracing },
};

export const handler: SQSHandler = async ({ Records: records }, context) => {
  await beginTrace();
  const work = handleBatch(records.map(deliveryOf), context.getRemainingTimeInMillis() / 1000, ports);
  const [kept] = await Promise.all([work, ports.workload.flush()]);
  meter.flush();
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
};
