import type { ScheduledHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoDueTasks } from '../adapters/dynamo-due-tasks.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { taskStoreOptions } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { settingsStore, taskQueue } from '../runtime/wiring.ts';
import { beginTrace, traced } from '../runtime/xray-tracing.ts';
import { type SweepPorts, sweep } from './sweep.ts';

/** What a run leaves of its time, so that it ends by itself. */
const MARGIN_MILLISECONDS = 10_000;

const dynamo = traced(dynamoClient());
const clock = Date.now;

const ports: SweepPorts = {
  due: new DynamoDueTasks(dynamo, taskStoreOptions()),
  queue: taskQueue(traced(sqsClient())),
  settings: settingsStore(dynamo),
  catalog: tasks,
  clock,
  log,
};

export const handler: ScheduledHandler = async (_event, context) => {
  await beginTrace();
  await sweep(clock() + context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS, ports);
};
