import { tasks } from 'millrace:tasks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSHandler } from 'aws-lambda';
import { lazyHttpClients } from '../adapters/http/lazy-http-clients.ts';
import { SqsDeliveries } from '../adapters/sqs/deliveries.ts';
import { systemIds as ids } from '../adapters/system-ids.ts';
import { classOf } from '../resource-classes.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env, queues, threadOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { traced } from '../runtime/tracing/xray-tracing.ts';
import { endOf, executorStores, handlerPorts, taskPorts } from '../runtime/wiring.ts';
import { withWebhookType } from './delivery/webhook-type.ts';
import { handleBatch } from './handle-batch.ts';
import { guardProcess } from './isolation/guard-process.ts';
import { HandlerThreads } from './isolation/handler-threads.ts';
import { LoadReporter } from './load-reporter.ts';
import { deliveryOf } from './messages/delivery.ts';
import { measureUsage } from './telemetry.ts';

const meter = new EmfMeter();
guardProcess(log, meter);
const [dynamo, sqs] = [traced(dynamoClient(meter)), traced(sqsClient(meter))];
const shared = { ...taskPorts(dynamo, sqs, meter, tasks), ids, random: Math.random };
const { isolate } = new HandlerThreads(new URL('thread.mjs', import.meta.url), threadOptions(), log, shared.classes);
const { loads, ofWebhooks, ...tenants } = executorStores(dynamo);
const attemptPorts = { ...handlerPorts(), http: lazyHttpClients(env('outboundHosts')), isolate, sleep };
const lane = { deliveries: new SqsDeliveries(sqs, queues()), loadReporter: new LoadReporter(loads, log) };
const ports = { ...withWebhookType(shared, ofWebhooks), ...attemptPorts, ...lane, ...tenants };

export const handler: SQSHandler = async ({ Records: records }, context) => {
  const resourceClass = env('resourceClass');
  const recordUsage = measureUsage(resourceClass, classOf(ports.classes, resourceClass), ports);
  const work = handleBatch(records.map(deliveryOf), context.getRemainingTimeInMillis() / 1000, ports);
  const ended = Promise.all([work, ports.loadReporter.flush()]);
  const [kept] = await ended.finally(recordUsage).finally(endOf('executor', meter, context));
  return { batchItemFailures: kept.map((itemIdentifier) => ({ itemIdentifier })) };
};
