import type { ScheduledHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoDueTasks } from '../adapters/dynamo-due-tasks.ts';
import { DynamoSettingsStore } from '../adapters/dynamo-settings-store.ts';
import { SqsTaskQueue } from '../adapters/sqs-task-queue.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { env, taskStoreOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { beginTrace, traced, traceHeader } from '../runtime/xray-tracing.ts';
import { type SweepPorts, sweep } from './sweep.ts';

/** What a run leaves of its time, so that it ends by itself. */
const MARGIN_MILLISECONDS = 10_000;

const dynamo = traced(dynamoClient());
const clock = Date.now;

const ports: SweepPorts = {
  due: new DynamoDueTasks(dynamo, taskStoreOptions()),
  queue: new SqsTaskQueue(traced(sqsClient()), { queueUrlPrefix: env('queueUrlPrefix'), traceHeader }),
  settings: new DynamoSettingsStore(dynamo, { tableName: env('definitionsTable'), clock, log }),
  catalog: tasks,
  clock,
  log,
};

export const handler: ScheduledHandler = async (_event, context) => {
  await beginTrace();
  await sweep(clock() + context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS, ports);
};
